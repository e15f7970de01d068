/**
 * The host's firewall: one nftables table in the router's network namespace. It translates the public address to the
 * private one and admits the traffic that the security groups admit. Pure text.
 */
import type { NftRules } from "./rules-to-nft.js";

export interface HostFirewall {
  /** Name of the router's interface that leads to the host. */
  readonly hostLink: string;
  /** Empty if the host has no public address; then it is unreachable from outside. */
  readonly publicIp: string;
  readonly privateIp: string;
  readonly rules: NftRules;
}

export const METADATA_ADDRESS = "169.254.169.254";
const TABLE = "inet sallyport_host_firewall";

/** The whole table as one transaction that replaces the previous table. */
export function hostFirewallTable(firewall: HostFirewall): string {
  const { hostLink, publicIp, privateIp, rules } = firewall;
  const block = (lines: readonly string[]) => lines.map((line) => `    ${line}\n`).join("");
  const nat = (line: string) => (publicIp === "" ? [] : [line]);
  return `table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
${block(nat(`ip daddr ${publicIp} dnat ip to ${privateIp}`))}  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
${block(nat(`iifname "${hostLink}" ip saddr ${privateIp} snat ip to ${publicIp}`))}  }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname "lo" accept
    iifname "${hostLink}" ip daddr ${METADATA_ADDRESS} tcp dport 80 accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    oifname "${hostLink}" jump inbound
    iifname "${hostLink}" jump outbound
    counter drop comment "turned away"
  }
  chain inbound {
${block(rules.inbound)}  }
  chain outbound {
${block(rules.outbound)}  }
}
`;
}
