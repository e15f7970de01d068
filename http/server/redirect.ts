/** Port 80: one answer, a permanent redirect to the same place over HTTPS. */
import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { hostInUrl } from "../../net/address.js";
import type { Exchange } from "./exchange.js";
import { parseTarget, refuseTarget } from "./target.js";

const NAME = /^(?=.{1,253}$)(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*$/;

/**
 * The host of the redirect: the requested one, if it is an address or a name that our certificate covers; otherwise the
 * address that the client connected to. A made-up Host header leads nowhere else.
 */
export function redirectHost(host: string | undefined, certificate: X509Certificate, connectedTo: string): string {
  const name = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(:\d{1,5})?$/.exec(host ?? "")?.[1] ?? "";
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0) return hostInUrl(bare);
  if (NAME.test(name) && covers(certificate, name)) return name.toLowerCase();
  return hostInUrl(connectedTo.replace(/^::ffff:(?=\d+\.)/i, ""));
}

export function redirectToHttps(exchange: Exchange, certificate: X509Certificate, httpsPort: number): void {
  const { req } = exchange;
  const target = parseTarget(req.url);
  if (target === undefined) throw refuseTarget(req);
  const host = redirectHost(req.headers.host, certificate, req.socket.localAddress ?? "");
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  const query = target.query === "" ? "" : `?${target.query}`;
  exchange.verdict = "redirect";
  exchange.answer(308, { Location: `https://${host}${port}${target.path}${query}`, "Cache-Control": "no-store" }, "");
}

function covers(certificate: X509Certificate, name: string): boolean {
  // A bare "*" is no name to X.509, but it is the only name of a wildcard-only certificate.
  const any = /(^|, )DNS:\*(,|$)/.test(certificate.subjectAltName ?? "");
  return any || certificate.checkHost(name) !== undefined;
}
