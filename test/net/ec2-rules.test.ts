import { expect, test } from "vitest";
import { Cidr } from "../../net/cidr.js";
import { readRule, toPermissions } from "../../net/ec2-rules.js";
import { cidrSource, printRule, tcpRule } from "../../net/ingress-rule.js";

test.each([
  [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIpv4: "101.2.3.4/32" }, "tcp 22 from 101.2.3.4/32"],
  [{ IpProtocol: "6", FromPort: 80, ToPort: 90, CidrIpv6: "2600:1F18::/32" }, "tcp 80-90 from 2600:1f18::/32"],
  [{ IpProtocol: "udp", FromPort: 0, ToPort: 65_535, CidrIpv4: "101.2.3.4/32" }, "udp all from 101.2.3.4/32"],
  [{ IpProtocol: "-1", FromPort: -1, ToPort: -1, PrefixListId: "pl-1" }, "any all from pl-1"],
  [{ IpProtocol: "icmp", FromPort: 8, ToPort: -1, ReferencedGroupInfo: { GroupId: "sg-1" } }, "icmp type 8 from sg-1"],
  [{ IpProtocol: "50", SecurityGroupRuleId: "sgr-1" }, "50 all from sgr-1"],
  [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIpv4: "101.2.3.4/16" }, "tcp 22 from 101.2.3.4/16"],
])("%j is %s", (raw, text) => {
  expect(printRule(readRule(raw))).toBe(text);
});

test("rules of the same ports are one permission, with every source described", () => {
  const rule = (port: number, text: string) => ({
    rule: tcpRule(port, cidrSource(Cidr.of(text))),
    description: `sallyport:${port}`,
  });
  expect(
    toPermissions([rule(22, "101.2.3.4"), rule(80, "101.2.3.4"), rule(22, "2600:1f18::7"), rule(22, "101.2.3.5")]),
  ).toEqual([
    {
      IpProtocol: "tcp",
      FromPort: 22,
      ToPort: 22,
      IpRanges: [
        { CidrIp: "101.2.3.4/32", Description: "sallyport:22" },
        { CidrIp: "101.2.3.5/32", Description: "sallyport:22" },
      ],
      Ipv6Ranges: [{ CidrIpv6: "2600:1f18::7/128", Description: "sallyport:22" }],
    },
    {
      IpProtocol: "tcp",
      FromPort: 80,
      ToPort: 80,
      IpRanges: [{ CidrIp: "101.2.3.4/32", Description: "sallyport:80" }],
    },
  ]);
});

test("EC2's numbers for protocols and ports are read: -1 is any, and a rule without a source is nobody's", () => {
  const description = "";
  expect(readRule({ SecurityGroupRuleId: "sgr-1", IpProtocol: "-1", CidrIpv4: "0.0.0.0/0" })).toEqual({
    id: "sgr-1",
    protocol: "-1",
    ports: { from: -1, to: -1 },
    source: { kind: "cidr", cidr: Cidr.parse("0.0.0.0/0") },
    description,
  });
  const group = { SecurityGroupRuleId: "sgr-2", IpProtocol: "6", FromPort: 443, ToPort: 443 };
  expect(readRule({ ...group, ReferencedGroupInfo: { GroupId: "sg-1" } })).toEqual({
    id: "sgr-2",
    ...tcpRule(443, { kind: "security-group", id: "sg-1" }),
    description,
  });
  expect(readRule(group).source).toEqual({ kind: "unknown", text: "sgr-2" });
});

test.each(["198.51.100.777/32", "198.51.100.7/33", "0.0.0.0/0 accept #", "198.51.100.7/0"])(
  "%s is no block: the source is unknown",
  (text) => expect(readRule({ CidrIpv4: text }).source).toEqual({ kind: "unknown", text }),
);
