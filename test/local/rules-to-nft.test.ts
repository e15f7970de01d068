import { expect, test } from "vitest";
import { type PeerBook, rulesToNft } from "../../local/rules-to-nft.js";
import { type SecurityRule, securityRule } from "../../local/security-rule.js";

const nobody: PeerBook = { groups: new Map(), prefixLists: new Map() };
const everyone = { kind: "cidr", cidr: "0.0.0.0/0" } as const;
const rule = (part: Partial<SecurityRule>): SecurityRule => ({
  id: "sgr-1",
  egress: false,
  protocol: "tcp",
  from: 443,
  to: 443,
  peer: { kind: "cidr", cidr: "198.51.100.7/32" },
  ...part,
});

const lines: [title: string, rule: SecurityRule, line: string | undefined][] = [
  ["one TCP port from one host", rule({}), 'ip saddr 198.51.100.7/32 tcp dport 443 counter accept comment "sgr-1"'],
  [
    "a range of UDP ports",
    rule({ protocol: "udp", from: 60_000, to: 61_000 }),
    'ip saddr 198.51.100.7/32 udp dport 60000-61000 counter accept comment "sgr-1"',
  ],
  [
    "all TCP",
    rule({ from: undefined, to: undefined }),
    'ip saddr 198.51.100.7/32 meta l4proto tcp counter accept comment "sgr-1"',
  ],
  ["everybody on IPv4", rule({ peer: everyone }), 'meta nfproto ipv4 tcp dport 443 counter accept comment "sgr-1"'],
  [
    "everybody on IPv6",
    rule({ peer: { kind: "cidr", cidr: "::/0" } }),
    'meta nfproto ipv6 tcp dport 443 counter accept comment "sgr-1"',
  ],
  [
    "an IPv6 host",
    rule({ peer: { kind: "cidr", cidr: "2001:db8::7/128" } }),
    'ip6 saddr 2001:db8::7/128 tcp dport 443 counter accept comment "sgr-1"',
  ],
  [
    "every protocol",
    rule({ protocol: "all", from: undefined, to: undefined }),
    'ip saddr 198.51.100.7/32 counter accept comment "sgr-1"',
  ],
  [
    "any ICMP",
    rule({ protocol: "icmp", from: undefined, to: undefined }),
    'ip saddr 198.51.100.7/32 meta l4proto icmp counter accept comment "sgr-1"',
  ],
  [
    "an ICMP type",
    rule({ protocol: "icmp", from: 8, to: undefined }),
    'ip saddr 198.51.100.7/32 icmp type 8 counter accept comment "sgr-1"',
  ],
  [
    "an ICMP type and code",
    rule({ protocol: "icmp", from: 3, to: 4 }),
    'ip saddr 198.51.100.7/32 icmp type 3 icmp code 4 counter accept comment "sgr-1"',
  ],
  [
    "ICMPv6",
    rule({ protocol: "icmpv6", from: undefined, to: undefined, peer: { kind: "cidr", cidr: "::/0" } }),
    'meta nfproto ipv6 meta l4proto ipv6-icmp counter accept comment "sgr-1"',
  ],
  [
    "a protocol by number",
    rule({ protocol: "50", from: undefined, to: undefined }),
    'ip saddr 198.51.100.7/32 meta l4proto 50 counter accept comment "sgr-1"',
  ],
  ["a protocol nobody knows", rule({ protocol: "carrier-pigeon" }), undefined],
  ["ports the wrong way round", rule({ from: 443, to: 80 }), undefined],
  ["a port past the last one", rule({ from: 65_535, to: 70_000 }), undefined],
  ["an address that is none", rule({ peer: { kind: "cidr", cidr: "198.51.100.777/32" } }), undefined],
  ["a mask that is none", rule({ peer: { kind: "cidr", cidr: "198.51.100.7/33" } }), undefined],
  ["an nft statement smuggled in as address", rule({ peer: { kind: "cidr", cidr: "0.0.0.0/0 accept #" } }), undefined],
];

test.each(lines)("translates %s", (_title, input, line) => {
  const { inbound, unresolved } = rulesToNft([input], nobody);
  expect(inbound).toEqual(line === undefined ? [] : [line]);
  expect(unresolved).toHaveLength(line === undefined ? 1 : 0);
});

test("an egress rule looks at where the packet goes and stays out of the inbound chain", () => {
  const { inbound, outbound } = rulesToNft([rule({ egress: true })], nobody);
  expect(inbound).toEqual([]);
  expect(outbound).toEqual(['ip daddr 198.51.100.7/32 tcp dport 443 counter accept comment "sgr-1"']);
});

test("a referenced group and a prefix list let in the addresses behind them", () => {
  const peers: PeerBook = {
    groups: new Map([["sg-1", ["10.0.0.4", "10.0.0.5"]]]),
    prefixLists: new Map([["pl-1", ["192.0.2.0/24"]]]),
  };
  const rules = [
    rule({ peer: { kind: "group", id: "sg-1" } }),
    rule({ id: "sgr-2", peer: { kind: "prefix-list", id: "pl-1" } }),
  ];
  expect(rulesToNft(rules, peers).inbound).toEqual([
    'ip saddr 10.0.0.4/32 tcp dport 443 counter accept comment "sgr-1"',
    'ip saddr 10.0.0.5/32 tcp dport 443 counter accept comment "sgr-1"',
    'ip saddr 192.0.2.0/24 tcp dport 443 counter accept comment "sgr-2"',
  ]);
});

test("a peer that cannot be resolved lets nobody in and is reported", () => {
  const { inbound, unresolved } = rulesToNft([rule({ peer: { kind: "prefix-list", id: "pl-9" } })], nobody);
  expect(inbound).toEqual([]);
  expect(unresolved).toEqual(["sgr-1: prefix-list pl-9 is not known"]);
});

test("the order of the rules does not matter, and a rule given twice appears once", () => {
  const rules = lines.map(([, input], index) => ({ ...input, id: `sgr-${index}` }));
  const once = rulesToNft(rules, nobody);
  expect(rulesToNft([...rules, ...rules].reverse(), nobody)).toEqual(once);
});

test("EC2's own shapes are read: -1 is any, numbers are protocols, a rule without peer is nothing", () => {
  expect(
    securityRule({
      SecurityGroupRuleId: "sgr-1",
      IpProtocol: "-1",
      FromPort: -1,
      ToPort: -1,
      CidrIpv4: "0.0.0.0/0",
      IsEgress: true,
    }),
  ).toEqual(rule({ egress: true, protocol: "all", from: undefined, to: undefined, peer: everyone }));
  expect(
    securityRule({
      SecurityGroupRuleId: "sgr-1",
      IpProtocol: "6",
      FromPort: 443,
      ToPort: 443,
      ReferencedGroupInfo: { GroupId: "sg-1" },
    }),
  ).toEqual(rule({ peer: { kind: "group", id: "sg-1" } }));
  expect(securityRule({ IpProtocol: "tcp", FromPort: 443, ToPort: 443 })).toBeUndefined();
});
