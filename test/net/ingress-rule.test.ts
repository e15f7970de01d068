import { describe, expect, it } from "vitest";
import { Cidr } from "../../net/cidr.js";
import { compareRules, covers, type IngressRule, type RuleSource, ruleKey, tcpRule } from "../../net/ingress-rule.js";
import { ANY_PORTS } from "../../net/port-range.js";
import { ruleId } from "../../stacks/constructs/rule-id.js";

const block = (text: string): RuleSource => ({ kind: "cidr", cidr: Cidr.parse(text) });

describe("a rule", () => {
  it.each<[rule: IngressRule, key: string, id: string]>([
    [tcpRule(8787, block("10.1.0.0/16")), "tcp 8787 10.1.0.0/16", "in-tcp-8787-10.1.0.0_16"],
    [tcpRule(22, block("2001:db8::7/128")), "tcp 22 2001:db8::7/128", "in-tcp-22-2001:db8::7_128"],
    [tcpRule(22, { kind: "vpc" }), "tcp 22 <vpc-cidr>", "in-tcp-22-vpc"],
    [
      { ...tcpRule(8000, { kind: "vpc" }), ports: { from: 8000, to: 8080 } },
      "tcp 8000-8080 <vpc-cidr>",
      "in-tcp-8000-8080-vpc",
    ],
    [
      tcpRule(22, { kind: "prefix-list", id: "pl-0123456789abcdef0" }),
      "tcp 22 pl-0123456789abcdef0",
      "in-tcp-22-pl-0123456789abcdef0",
    ],
    [
      tcpRule(22, { kind: "security-group", id: "sg-0123456789abcdef0" }),
      "tcp 22 sg-0123456789abcdef0",
      "in-tcp-22-sg-0123456789abcdef0",
    ],
    [
      tcpRule(22, { kind: "prefix-list", id: `\${aws_ec2_managed_prefix_list.office.id}` }),
      `tcp 22 \${aws_ec2_managed_prefix_list.office.id}`,
      "in-tcp-22-prefix-list-5731f7bf",
    ],
  ])("is %j: known as %s, constructed as %s", (rule, key, id) => {
    expect([ruleKey(rule), ruleId(rule)]).toEqual([key, id]);
  });

  it("is the same rule whatever a list may hold at most", () => {
    const list = (maxEntries: number): IngressRule =>
      tcpRule(22, { kind: "prefix-list", id: "pl-0123456789abcdef0", maxEntries });
    expect(ruleKey(list(10))).toBe(ruleKey(list(20)));
  });
});

describe("covering", () => {
  const ANY: RuleSource = block("0.0.0.0/0");
  const vpc: RuleSource = { kind: "vpc" };
  const rule = (protocol: string, from: number, to: number, source: RuleSource): IngressRule => ({
    protocol,
    ports: { from, to },
    source,
  });

  it.each<[wide: IngressRule, narrow: IngressRule, expected: boolean]>([
    [tcpRule(22, ANY), tcpRule(22, block("203.0.113.7/32")), true],
    [tcpRule(22, block("203.0.113.7/32")), tcpRule(22, ANY), false],
    [tcpRule(22, ANY), tcpRule(80, ANY), false],
    [rule("tcp", 20, 30, ANY), tcpRule(22, ANY), true],
    [rule("udp", 20, 30, ANY), tcpRule(22, ANY), false],
    [rule("-1", -1, -1, ANY), tcpRule(22, ANY), true],
    [tcpRule(22, ANY), rule("-1", -1, -1, ANY), false],
    [{ ...tcpRule(22, ANY), ports: ANY_PORTS }, tcpRule(22, ANY), true],
    [tcpRule(22, ANY), tcpRule(22, block("2001:db8::/32")), false],
    [tcpRule(22, ANY), tcpRule(22, vpc), true],
    [tcpRule(22, block("::/0")), tcpRule(22, vpc), false],
    [tcpRule(22, vpc), tcpRule(22, vpc), false],
    [tcpRule(22, { kind: "security-group", id: "sg-1" }), tcpRule(22, { kind: "security-group", id: "sg-1" }), false],
  ])("%j covers %j: %j", (wide, narrow, expected) => expect(covers(wide, narrow)).toBe(expected));

  it("takes a known VPC for its range", () => {
    const range = Cidr.parse("10.1.0.0/16");
    expect(covers(tcpRule(22, vpc), tcpRule(22, block("10.1.2.0/24")), range)).toBe(true);
    expect(covers(tcpRule(22, vpc), tcpRule(22, block("10.2.0.0/16")), range)).toBe(false);
    expect(covers(tcpRule(22, block("10.0.0.0/8")), tcpRule(22, vpc), range)).toBe(true);
  });
});

it("sorts by protocol and ports, then addresses by number", () => {
  const rules = [
    tcpRule(80, block("9.0.0.0/8")),
    tcpRule(22, block("203.0.113.7/32")),
    tcpRule(22, block("9.0.0.0/8")),
    { ...tcpRule(443, block("9.0.0.0/8")), protocol: "-1" },
  ];
  expect(rules.sort(compareRules).map(ruleKey)).toEqual([
    "-1 443 9.0.0.0/8",
    "tcp 22 9.0.0.0/8",
    "tcp 22 203.0.113.7/32",
    "tcp 80 9.0.0.0/8",
  ]);
});
