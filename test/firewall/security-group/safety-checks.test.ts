import { expect, test } from "vitest";
import {
  checkList,
  checkListLockout,
  checkLockout,
  checkShrink,
  type Overrides,
  readAddresses,
} from "../../../firewall/security-group/safety-checks.js";
import { Cidr } from "../../../net/cidr.js";
import type { IngressRule } from "../../../net/ingress-rule.js";

const judge = (texts: readonly string[], before = 0, overrides: Overrides = {}) =>
  checkList(readAddresses(texts), before, overrides);
const shown = (fault: ReturnType<typeof judge>) => fault && `${fault.code}: ${fault.message}\n${fault.hint}`;

test("a list of public addresses and blocks passes, each once and in order", () => {
  expect(judge(["101.2.3.4", "105.6.0.0/16", "2600:1f18::/32"])).toBeUndefined();
  expect(readAddresses([" 105.6.7.8\n", "101.2.3.4/32", "101.2.3.4"]).addresses.map(String)).toEqual([
    "101.2.3.4/32",
    "105.6.7.8/32",
  ]);
});

/** What a broken, hijacked or captive source may answer; each with the flag that lets it pass. */
test.each<[string, readonly string[], number, Overrides, string]>([
  [
    "an empty list",
    [],
    2,
    { allowEmpty: true },
    "firewall/list-empty: the list is empty\nnothing was changed; --allow-empty removes every rule that follows it",
  ],
  [
    "a list that is less than half as long",
    ["101.2.3.4", "101.2.3.5"],
    5,
    { maxShrink: 0.6 },
    "firewall/list-shrank: the list shrank from 5 to 2 addresses, by more than 50 %\nnothing was changed; --max-shrink 60 permits it",
  ],
  [
    "an error page",
    ["<html>", "101.2.3.4", "</html>"],
    0,
    { skipInvalid: true },
    'firewall/list-not-an-address: the list has "<html>", which is neither an address nor a block, and 1 more such\nnothing was changed; --skip-invalid passes over what is not an address',
  ],
  [
    "a private address",
    ["101.2.3.4", "10.1.2.3"],
    0,
    { allowPrivate: true },
    'firewall/list-private: the list has "10.1.2.3/32", which is private or reserved: no packet from the Internet comes from there\nnothing was changed; --allow-private permits such addresses',
  ],
  [
    "everybody",
    ["101.2.3.4", "0.0.0.0/0"],
    0,
    { allowEverybody: true },
    'firewall/list-everybody: the list has "0.0.0.0/0", which is as good as everybody\nnothing was changed; --allow-everybody permits blocks of that width',
  ],
])("%s is refused, and passes with its own flag only", (_name, texts, before, overrides, text) => {
  expect(shown(judge(texts, before))).toBe(text);
  expect(judge(texts, before, overrides)).toBeUndefined();
  const others: Overrides = {
    allowEmpty: true,
    maxShrink: 1,
    allowPrivate: true,
    allowEverybody: true,
    skipInvalid: true,
  };
  const withoutIt = Object.fromEntries(Object.entries(others).filter(([flag]) => !(flag in overrides)));
  expect(judge(texts, before, withoutIt)?.code).toBe(text.slice(0, text.indexOf(": ")));
});

test.each([
  "10.0.0.0/8",
  "172.31.255.255",
  "192.168.0.1",
  "100.64.0.1",
  "127.0.0.1",
  "169.254.169.254",
  "224.0.0.1",
  "255.255.255.255",
  "0.0.0.0",
  "203.0.113.7",
  "192.160.0.0/12",
  "::1",
  "fe80::1",
  "fd00::/8",
  "ff02::1",
  "2001:db8::1",
  "::ffff:10.0.0.1",
])("%s is no address of the Internet", (text) => {
  expect(judge([text])?.code).toBe("firewall/list-private");
});

test.each([["0.0.0.0/0"], ["::/0"], ["0.0.0.0/1"], ["128.0.0.0/1"], ["64.0.0.0/7"], ["2000::/3"], ["2600::/12"]])(
  "%s is as good as everybody",
  (text) => {
    expect(judge([text], 0, { allowPrivate: true })?.code).toBe("firewall/list-everybody");
  },
);

test("everybody in slices is everybody", () => {
  const slices = Array.from({ length: 70 }, (_, index) => `${index + 1}.0.0.0/8`);
  expect(judge(slices, 0, { allowPrivate: true })?.message).toBe(
    "the blocks of the list together hold more than a quarter of all IPv4 addresses",
  );
  expect(judge(slices.slice(0, 60), 0, { allowPrivate: true })).toBeUndefined();
});

test.each([
  "101.2.3",
  "101.2.3.4.5",
  "101.2.3.4/33",
  "101.2.3.256",
  "010.2.3.4",
  "0x7f.1",
  "101.2.3.0/-1",
  "101.2.3.7/24",
  "host.example.com",
  "null",
  "",
  "fe80::1%eth0",
])("%j is not an address", (text) => {
  expect(judge([text])?.code).toBe("firewall/list-not-an-address");
});

test("half is no more than half, and a list that grows never shrank", () => {
  expect(checkShrink(4, 2)).toBeUndefined();
  expect(checkShrink(5, 2)).toBeDefined();
  expect(checkShrink(0, 0)).toBeUndefined();
  expect(checkShrink(1, 3)).toBeUndefined();
  expect(checkShrink(10, 1, { maxShrink: 0.9 })).toBeUndefined();
  expect(checkShrink(10, 9, { maxShrink: 0 })).toBeDefined();
});

const rule = (ports: number | [number, number], cidr: string, protocol = "tcp"): IngressRule => {
  const [from, to] = typeof ports === "number" ? [ports, ports] : ports;
  return { protocol, ports: { from, to }, source: { kind: "cidr", cidr: Cidr.of(cidr) } };
};
const me = [Cidr.host("101.2.3.4")];

test.each<[string, revoked: IngressRule[], remaining: IngressRule[], isCut: boolean]>([
  ["its only rule", [rule(22, "101.2.3.4")], [], true],
  ["the block that it is in", [rule(22, "101.2.0.0/16")], [], true],
  ["another's rule", [rule(22, "105.6.7.8")], [], false],
  ["one of two rules that let it in", [rule(22, "101.2.3.4")], [rule(22, "101.2.0.0/16")], false],
  ["a rule, while it may use another port", [rule(22, "101.2.3.4")], [rule(80, "101.2.3.4")], true],
  [
    "a range, while two rules cover it",
    [rule([1, 9], "101.2.3.4")],
    [rule([1, 4], "101.2.3.4"), rule([5, 99], "101.2.0.0/16")],
    false,
  ],
  [
    "a range, while two rules leave one port",
    [rule([1, 9], "101.2.3.4")],
    [rule([1, 4], "101.2.3.4"), rule([6, 9], "101.2.3.4")],
    true,
  ],
  ["a rule, while UDP stays open", [rule(22, "101.2.3.4")], [rule(22, "101.2.3.4", "udp")], true],
  ["a rule, while everything stays open", [rule(22, "101.2.3.4")], [rule([-1, -1], "101.2.3.4", "-1")], false],
  ["everything, while a port stays open", [rule([-1, -1], "101.2.3.4", "-1")], [rule(22, "101.2.3.4")], true],
])("whether taking %s from the caller cuts it off", (_name, revoked, remaining, isCut) => {
  expect(checkLockout(me, revoked, remaining) !== undefined).toBe(isCut);
  expect(checkLockout(me, revoked, remaining, { confirmLockout: true })).toBeUndefined();
  expect(checkLockout([], revoked, remaining)).toBeUndefined();
});

test("a caller in an entry of a prefix list is not cut off either", () => {
  const block = Cidr.parse("101.2.0.0/16");
  expect(checkListLockout(me, me, [])?.code).toBe("firewall/lockout");
  expect(checkListLockout(me, me, [block])).toBeUndefined();
  expect(checkListLockout(me, [block], me)).toBeUndefined();
});
