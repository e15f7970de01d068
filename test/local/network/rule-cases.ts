/** Every shape of rule that the translator knows, with the line it becomes; undefined: none. */
import { Cidr } from "../../../net/cidr.js";
import type { InstalledRule } from "../../../net/ec2-rules.js";
import { cidrSource } from "../../../net/ingress-rule.js";
import { ANY_PORTS, onePort } from "../../../net/port-range.js";

const block = (text: string) => cidrSource(Cidr.parse(text));
const everyone = block("0.0.0.0/0");
export const rule = (part: Partial<InstalledRule>): InstalledRule => ({
  id: "sgr-1",
  protocol: "tcp",
  ports: onePort(443),
  source: block("198.51.100.7/32"),
  description: "",
  ...part,
});

export const lines: [title: string, rule: InstalledRule, line: string | undefined][] = [
  ["one TCP port from one host", rule({}), 'ip saddr 198.51.100.7/32 tcp dport 443 counter accept comment "sgr-1"'],
  [
    "a range of UDP ports",
    rule({ protocol: "udp", ports: { from: 60_000, to: 61_000 } }),
    'ip saddr 198.51.100.7/32 udp dport 60000-61000 counter accept comment "sgr-1"',
  ],
  ["all TCP", rule({ ports: ANY_PORTS }), 'ip saddr 198.51.100.7/32 meta l4proto tcp counter accept comment "sgr-1"'],
  ["everybody on IPv4", rule({ source: everyone }), 'meta nfproto ipv4 tcp dport 443 counter accept comment "sgr-1"'],
  [
    "everybody on IPv6",
    rule({ source: block("::/0") }),
    'meta nfproto ipv6 tcp dport 443 counter accept comment "sgr-1"',
  ],
  [
    "an IPv6 host",
    rule({ source: block("2001:db8::7/128") }),
    'ip6 saddr 2001:db8::7/128 tcp dport 443 counter accept comment "sgr-1"',
  ],
  [
    "every protocol",
    rule({ protocol: "-1", ports: ANY_PORTS }),
    'ip saddr 198.51.100.7/32 counter accept comment "sgr-1"',
  ],
  [
    "any ICMP",
    rule({ protocol: "icmp", ports: ANY_PORTS }),
    'ip saddr 198.51.100.7/32 meta l4proto icmp counter accept comment "sgr-1"',
  ],
  [
    "an ICMP type",
    rule({ protocol: "icmp", ports: { from: 8, to: -1 } }),
    'ip saddr 198.51.100.7/32 icmp type 8 counter accept comment "sgr-1"',
  ],
  [
    "an ICMP type and code",
    rule({ protocol: "icmp", ports: { from: 3, to: 4 } }),
    'ip saddr 198.51.100.7/32 icmp type 3 icmp code 4 counter accept comment "sgr-1"',
  ],
  [
    "ICMPv6",
    rule({ protocol: "icmpv6", ports: ANY_PORTS, source: block("::/0") }),
    'meta nfproto ipv6 meta l4proto ipv6-icmp counter accept comment "sgr-1"',
  ],
  [
    "a protocol by number",
    rule({ protocol: "50", ports: ANY_PORTS }),
    'ip saddr 198.51.100.7/32 meta l4proto 50 counter accept comment "sgr-1"',
  ],
  ["a protocol nobody knows", rule({ protocol: "carrier-pigeon" }), undefined],
  ["ports the wrong way round", rule({ ports: { from: 443, to: 80 } }), undefined],
  ["a port past the last one", rule({ ports: { from: 65_535, to: 70_000 } }), undefined],
  ["an address that is none", rule({ source: { kind: "unknown", text: "198.51.100.777/32" } }), undefined],
  ["a mask that is none", rule({ source: { kind: "unknown", text: "198.51.100.7/33" } }), undefined],
  [
    "an nft statement smuggled in as address",
    rule({ source: { kind: "unknown", text: "0.0.0.0/0 accept #" } }),
    undefined,
  ],
];
