import { describe, expect, it } from "vitest";
import { Cidr } from "../../net/cidr.js";
import { type Rule, ruleId, ruleKey, type Source, tcpRule } from "../../net/ingress-rule.js";

const block = (text: string): Source => ({ kind: "cidr", cidr: Cidr.parse(text) });

describe("a rule", () => {
  it.each<[rule: Rule, key: string, id: string]>([
    [tcpRule(8787, block("10.1.0.0/16")), "tcp 8787 10.1.0.0/16", "in-tcp-8787-10.1.0.0_16"],
    [tcpRule(22, block("2001:db8::7/128")), "tcp 22 2001:db8::7/128", "in-tcp-22-2001:db8::7_128"],
    [tcpRule(22, { kind: "vpc" }), "tcp 22 <vpc-cidr>", "in-tcp-22-vpc"],
    [{ ...tcpRule(8000, { kind: "vpc" }), to: 8080 }, "tcp 8000-8080 <vpc-cidr>", "in-tcp-8000-8080-vpc"],
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
    const list = (maxEntries: number): Rule =>
      tcpRule(22, { kind: "prefix-list", id: "pl-0123456789abcdef0", maxEntries });
    expect(ruleKey(list(10))).toBe(ruleKey(list(20)));
  });
});
