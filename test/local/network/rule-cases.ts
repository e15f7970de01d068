/** Every shape of rule that the translator knows, with the line it becomes; undefined: none. */
import type { SecurityRule } from "../../../local/emulator/security-rule.js";

export const everyone = { kind: "cidr", cidr: "0.0.0.0/0" } as const;
export const rule = (part: Partial<SecurityRule>): SecurityRule => ({
  id: "sgr-1",
  egress: false,
  protocol: "tcp",
  from: 443,
  to: 443,
  peer: { kind: "cidr", cidr: "198.51.100.7/32" },
  ...part,
});

export const lines: [title: string, rule: SecurityRule, line: string | undefined][] = [
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
