/**
 * Whether a request comes from a web page of another site. A browser lets any page send requests to any host, and names
 * the page's origin in `Origin`; over HTTPS and to this machine also in `Sec-Fetch-Site`. Other clients send neither. Pure.
 */
import type { IncomingHttpHeaders } from "node:http";

export interface Receiver {
  /** The hosts under which browsers reach the daemon, as `Host` has them. */
  readonly hosts: readonly string[];
  /** Whether the request came over TLS. Without it, a proxy in front may still speak HTTPS. */
  readonly encrypted: boolean;
}

type PageHeaders = Pick<IncomingHttpHeaders, "origin" | "referer" | "sec-fetch-site">;

export function isForeign(headers: PageHeaders, receiver: Receiver): boolean {
  const { origin, referer, "sec-fetch-site": site } = headers;
  if (site === "cross-site" || site === "same-site") return true;
  // A page that withholds its referrer may send "null" to its own host. Only the browser can vouch for it then.
  if (origin === "null") return site !== "same-origin";
  if (origin !== undefined) return !isOwn(origin, receiver);
  // A GET has no Origin, and browsers that send no Sec-Fetch-Site may still send a Referer.
  return referer !== undefined && /^https?:\/\//i.test(referer) && !isOwn(referer, receiver);
}

function isOwn(text: string, { hosts, encrypted }: Receiver): boolean {
  const url = parseUrl(text);
  if (url === undefined) return false;
  if (url.protocol !== "https:" && (encrypted || url.protocol !== "http:")) return false;
  // Parsed with the page's scheme, so that "h" and "h:443" are one host.
  return hosts.some((host) => host !== "" && parseUrl(`${url.protocol}//${host}`)?.host === url.host);
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
