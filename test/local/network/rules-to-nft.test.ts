import { expect, test } from "vitest";
import { type PeerAddresses, rulesToNft } from "../../../local/network/rules-to-nft.js";
import { Cidr } from "../../../net/cidr.js";
import { lines, rule } from "./rule-cases.js";

const nobody: PeerAddresses = { groups: new Map(), prefixLists: new Map() };
test.each(lines)("translates %s", (_title, input, line) => {
  const { inbound, unresolved } = rulesToNft({ inbound: [input], outbound: [] }, nobody);
  expect(inbound).toEqual(line === undefined ? [] : [line]);
  expect(unresolved).toHaveLength(line === undefined ? 1 : 0);
});

test("an egress rule looks at where the packet goes and stays out of the inbound chain", () => {
  const { inbound, outbound } = rulesToNft({ inbound: [], outbound: [rule({})] }, nobody);
  expect(inbound).toEqual([]);
  expect(outbound).toEqual(['ip daddr 198.51.100.7/32 tcp dport 443 counter accept comment "sgr-1"']);
});

test("a referenced group and a prefix list let in the addresses behind them", () => {
  const peers: PeerAddresses = {
    groups: new Map([["sg-1", ["10.0.0.4", "10.0.0.5"].map(Cidr.host)]]),
    prefixLists: new Map([["pl-1", [Cidr.parse("192.0.2.0/24")]]]),
  };
  const rules = [
    rule({ source: { kind: "security-group", id: "sg-1" } }),
    rule({ id: "sgr-2", source: { kind: "prefix-list", id: "pl-1" } }),
  ];
  expect(rulesToNft({ inbound: rules, outbound: [] }, peers).inbound).toEqual([
    'ip saddr 10.0.0.4/32 tcp dport 443 counter accept comment "sgr-1"',
    'ip saddr 10.0.0.5/32 tcp dport 443 counter accept comment "sgr-1"',
    'ip saddr 192.0.2.0/24 tcp dport 443 counter accept comment "sgr-2"',
  ]);
});

test("a peer that cannot be resolved lets nobody in and is reported", () => {
  const { inbound, unresolved } = rulesToNft(
    { inbound: [rule({ source: { kind: "prefix-list", id: "pl-9" } })], outbound: [] },
    nobody,
  );
  expect(inbound).toEqual([]);
  expect(unresolved).toEqual(["sgr-1: prefix-list pl-9 is not known"]);
});

test("the order of the rules does not matter, and a rule given twice appears once", () => {
  const rules = lines.map(([, input], index) => ({ ...input, id: `sgr-${index}` }));
  const once = rulesToNft({ inbound: rules, outbound: [] }, nobody);
  expect(rulesToNft({ inbound: [...rules, ...rules].reverse(), outbound: [] }, nobody)).toEqual(once);
});
