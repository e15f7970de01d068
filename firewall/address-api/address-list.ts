/** The body of `GET /api/cluster/ip-addresses`: where our hosts are seen from, by others. */
import { Cidr, compareCidrs } from "../../net/cidr.js";

export interface AddressList {
  /** Without masks, sorted, each once: the shape that Faculty gave this API. */
  readonly ipAddresses: readonly string[];
}

/** Hosts without a public address share another party's, which does not belong on the list. */
export function addressList(hosts: readonly { readonly public_ip: string }[]): AddressList {
  const addresses = hosts.flatMap(({ public_ip }) => (public_ip === "" ? [] : [Cidr.host(public_ip)]));
  const unique = new Map(addresses.sort(compareCidrs).map((cidr) => [cidr.toString(), cidr.address]));
  return { ipAddresses: [...unique.values()] };
}
