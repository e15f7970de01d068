/** The hosts that error messages name: plain http to them never leaves this machine. */
const PLAIN_HTTP_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** Whether no one on the way can put addresses of their own into the response. */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && PLAIN_HTTP_HOSTS.has(hostname));
}
