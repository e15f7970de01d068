import { describe, expect, it } from "vitest";
import { Fault } from "../../../base/fault.js";
import { checkQuota, countRules, mergeToFit } from "../../../firewall/security-group/quota.js";
import { Cidr } from "../../../net/cidr.js";
import { type IngressRule, tcpRule } from "../../../net/ingress-rule.js";
import { difference, spansOf } from "../../../net/ranges.js";

const rules = (ports: readonly number[], blocks: readonly string[]): IngressRule[] =>
  ports.flatMap((port) => blocks.map((text) => tcpRule(port, { kind: "cidr", cidr: Cidr.of(text) })));
const hosts = (count: number, step = 1): string[] =>
  Array.from({ length: count }, (_, index) => `203.0.113.${index * step}`);

function refusal(all: readonly IngressRule[], options = {}): string {
  try {
    checkQuota(all, options);
  } catch (error) {
    if (error instanceof Fault) return `${error.message}\n${error.hint ?? ""}`;
    throw error;
  }
  return "fits";
}

describe("countRules", () => {
  it("counts the families apart, a list as its maximum for both, and a group or the VPC as one", () => {
    const all: IngressRule[] = [
      ...rules([22, 443], ["203.0.113.7", "2001:db8::7"]),
      tcpRule(22, { kind: "vpc" }),
      tcpRule(22, { kind: "security-group", id: "sg-0123456789abcdef0" }),
      tcpRule(22, { kind: "prefix-list", id: "pl-0123456789abcdef0", maxEntries: 20 }),
      tcpRule(443, { kind: "prefix-list", id: "pl-0123456789abcdef0", maxEntries: 20 }),
      tcpRule(443, { kind: "prefix-list", id: "pl-0fedcba9876543210" }),
    ];
    expect(countRules(all)).toEqual({ ipv4: 2 + 1 + 1 + 40 + 1, ipv6: 2 + 1 + 40 + 1 });
  });
});

describe("checkQuota", () => {
  it("lets 60 of each family pass", () => {
    const six = Array.from({ length: 60 }, (_, index) => `2001:db8::${index.toString(16)}`);
    expect(refusal([...rules([22], hosts(60, 2)), ...rules([22], six)])).toBe("fits");
  });

  it("refuses the 61st and names every way out, with the ranges that would fit exactly", () => {
    expect(refusal(rules([22], hosts(61)), { group: "sg-0123456789abcdef0" })).toMatchInlineSnapshot(`
      "sg-0123456789abcdef0 would have 61 IPv4 ingress rules, and AWS allows 60
      ways out:
      - merged ranges, exactly the same addresses: 203.0.113.0/27, 203.0.113.32/28, 203.0.113.48/29, 203.0.113.56/30, 203.0.113.60/32 for 22
      - a managed prefix list, which changes without touching a rule: 61 entries × 1 port count as 61, which needs a raised quota
      - a second group on the same machines, which takes 1 of the rules"
    `);
  });

  it("tells how many strangers the merged ranges would let in where no exact merging fits", () => {
    expect(refusal(rules([22, 443], hosts(5, 50)), { limit: 8 })).toMatchInlineSnapshot(`
      "the group would have 10 IPv4 ingress rules, and AWS allows 8
      ways out:
      - merged ranges, with 62 addresses that nobody named: 203.0.113.0/26, 203.0.113.100/32, 203.0.113.150/32, 203.0.113.200/32 for 22, 443
      - a managed prefix list, which changes without touching a rule: 5 entries × 2 ports count as 10, which needs a raised quota
      - a second group on the same machines, which takes 2 of the rules"
    `);
  });

  it("does not offer ranges that would let whole networks in", () => {
    const far = ["1.0.0.0", "50.0.0.0", "100.0.0.0", "150.0.0.0"];
    expect(refusal(rules([22], far), { limit: 3 })).toMatchInlineSnapshot(`
      "the group would have 4 IPv4 ingress rules, and AWS allows 3
      ways out:
      - merged ranges: none would fit without letting in whole networks of strangers
      - a managed prefix list, which changes without touching a rule: 4 entries × 1 port count as 4, which needs a raised quota
      - a second group on the same machines, which takes 1 of the rules"
    `);
  });

  it("counts groups when one more is not enough", () => {
    expect(refusal(rules([22], hosts(200)), { limit: 30 })).toContain(
      "7 groups on the same machines, of 30 rules at most, but a network interface has at most 5",
    );
  });

  it("counts a prefix list as its maximum in each of its rules", () => {
    const list = (port: number) => tcpRule(port, { kind: "prefix-list", id: "pl-0123456789abcdef0", maxEntries: 25 });
    expect(refusal([list(22), list(80)])).toBe("fits");
    expect(refusal([list(22), list(80), list(443)])).toMatch(
      /^the group would have 75 IPv4 ingress rules, and AWS allows 60\n/,
    );
  });
});

describe("mergeToFit", () => {
  it("keeps every address that was named, within the limit, and counts the others", () => {
    for (const [count, step, limit] of [
      [61, 1, 60],
      [80, 3, 60],
      [120, 2, 10],
      [7, 36, 2],
    ] as const) {
      const all = rules([22, 443], hosts(count, step));
      const merged = mergeToFit(all, 4, limit) ?? expect.fail(`${count} hosts`);
      expect(merged.reduce((sum, { ports, cidrs }) => sum + ports.length * cidrs.length, 0)).toBeLessThanOrEqual(limit);
      for (const { ports, cidrs, surplusAddresses } of merged) {
        expect(ports).toEqual(["22", "443"]);
        expect(difference(spansOf(hosts(count, step).map((text) => Cidr.host(text))), spansOf(cidrs))).toEqual([]);
        const held = cidrs.reduce((sum, { prefix }) => sum + 2 ** (32 - prefix), 0);
        expect(Number(surplusAddresses)).toBe(held - count);
      }
    }
  });

  it("is quick with as many addresses as a provider publishes", () => {
    const many = Array.from(
      { length: 1_000 },
      (_, index) => `203.${index % 10}.${(index * 77) % 256}.${(index * 31) % 256}`,
    );
    expect(mergeToFit(rules([22, 80, 443], many), 4, 60)).toBeDefined();
  });
});
