/**
 * The firewall on a gateway's lab side: one nftables table in the namespace that represents the VPC's network. It
 * admits the traffic to and from the gateway that the security groups of its second interface admit. Pure text.
 */
import type { NftRules } from "./rules-to-nft.js";

const TABLE = "inet sallyport_lab_firewall";

/** @param gatewayLink name of the interface that leads to the gateway. */
export function labFirewallTable(gatewayLink: string, rules: NftRules): string {
  const block = (lines: readonly string[]) => lines.map((line) => `    ${line}\n`).join("");
  return `table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    oifname "${gatewayLink}" jump inbound
    iifname "${gatewayLink}" jump outbound
    counter drop comment "turned away"
  }
  chain inbound {
${block(rules.inbound)}  }
  chain outbound {
${block(rules.outbound)}  }
}
`;
}
