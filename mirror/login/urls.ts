/** URLs of the mirror as the tools take them. Pure. */

export const simple = (endpoint: string) => new URL("simple/", endpoint).href;

export function withUser(url: string, token: string): string {
  const authorised = new URL(url);
  authorised.username = "aws";
  authorised.password = encodeURIComponent(token);
  return authorised.href;
}

/** Plain HTTP that does not leave the machine, so that a tool may be told to accept it. */
export function isLoopbackHttp(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === "http:" && /^(?:127\.|localhost$|\[::1\]$)/.test(hostname);
}

/** npm's prefix for the settings of a registry: `//host/path/`. */
export const nerfDart = (endpoint: string) => endpoint.replace(/^https?:/, "");
