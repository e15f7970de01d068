/** The hosts under which browsers reach the gateway through the servers in front of it. Pure. */
import type { Cidr } from "../../net/cidr.js";
import { isTrusted } from "./client-address.js";

export interface Front {
  readonly peer: string;
  /** Value of X-Forwarded-Host. */
  readonly forwardedHost: string | undefined;
  readonly trusted: readonly Cidr[];
  /** Host of the vLab server that passes requests on. */
  readonly vlabHost: string | undefined;
}

/** A proxy may replace Host by its own name for us. A trusted one says what its client sent: the last entry. */
export function frontHosts({ peer, forwardedHost, trusted, vlabHost }: Front): string[] {
  const hosts = vlabHost === undefined ? [] : [vlabHost];
  const forwarded = forwardedHost?.split(",").at(-1)?.trim() ?? "";
  if (forwarded !== "" && isTrusted(peer, trusted)) hosts.push(forwarded);
  return hosts;
}

export const hostOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).host : undefined);
