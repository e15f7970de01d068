/** Whether anybody can reach machines that have IPv4 addresses. */
import type { RuleTable } from "../../firewall/options/table.js";
import { onlyIpv6 } from "../errors.js";

/**
 * The kit meets its machines at IPv4 addresses. Rules for IPv6 alone, as for a caller without IPv4, let nobody in there.
 *
 * @throws Fault (exit status 2), before anything is made that would be waited for in vain.
 */
export function checkReach({ rows, internal }: Pick<RuleTable, "rows" | "internal">, place: string): void {
  const sources = [...rows, ...internal].map(({ rule }) => rule.source);
  const ipv6 = sources.flatMap((source) => (source.kind === "cidr" && source.cidr.family === 6 ? [source.cidr] : []));
  if (ipv6.length > 0 && ipv6.length === sources.length) throw onlyIpv6(place, [...new Set(ipv6.map(String))]);
}
