/** The cookie of a session. Its name has the port, because a browser gives a cookie to all ports of a host. */
import type { IncomingHttpHeaders } from "node:http";

const nameOf = (port: number) => `sallyport-ui-${port}`;

/** The value of a `Set-Cookie` header. An empty `value` removes the cookie. */
export function setCookie(value: string, port: number): string {
  return `${nameOf(port)}=${value}; Path=/; HttpOnly; SameSite=Strict${value === "" ? "; Max-Age=0" : ""}`;
}

export function cookieOf({ cookie = "" }: IncomingHttpHeaders, port: number): string | undefined {
  const name = `${nameOf(port)}=`;
  const found = cookie.split(/; */).find((pair) => pair.startsWith(name));
  return found?.slice(name.length);
}
