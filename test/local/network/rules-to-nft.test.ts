import { expect, test } from "vitest";
import { securityRule } from "../../../local/emulator/security-rule.js";
import { type PeerBook, rulesToNft } from "../../../local/network/rules-to-nft.js";
import { everyone, lines, rule } from "./rule-cases.js";

const nobody: PeerBook = { groups: new Map(), prefixLists: new Map() };
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
