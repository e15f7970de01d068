import { describe, expect, test } from "vitest";
import { parseBlock } from "../../../gateway/forwards/block.js";
import { checkForward } from "../../../gateway/forwards/check.js";
import { Cidr } from "../../../net/cidr.js";

const input = { target_addr: "192.168.1.5", target_port: 22, target_name: "win", target_component: "Windows" };
const limits = { range: { min: 50_000, max: 50_100 }, labNetworks: [Cidr.parse("192.168.1.0/24")], now: 0 };

test.each([
  ["twice the same", ["198.51.100.7", "198.51.100.7/32"], ["198.51.100.7/32"]],
  ["one within another", ["10.1.0.0/16", "10.0.0.0/8", "10.2.3.4"], ["10.0.0.0/8"]],
  ["all of it", ["0.0.0.0/0", "198.51.100.0/24", "2001:db8::/32"], ["0.0.0.0/0", "2001:db8::/32"]],
  ["IPv6 within IPv6", ["2001:db8::/32", "2001:db8:51::/64"], ["2001:db8::/32"]],
  ["neighbours", ["198.51.100.0/25", "198.51.100.128/25"], ["198.51.100.0/25", "198.51.100.128/25"]],
])("sources that overlap, which nft refuses: %s", (_title, sources, expected) => {
  expect(
    checkForward({ ...input, sources }, { owner: "ada", limits, defaults: { sources: () => [] } }).sources,
  ).toEqual(expected);
});

describe("a block", () => {
  test.each([
    ["198.51.100.7", "198.51.100.7/32"],
    ["198.51.100.7/24", "198.51.100.0/24"],
    ["2001:DB8:0::7", "2001:db8::7/128"],
    ["2001:db8:51::7/64", "2001:db8:51::/64"],
    ["::ffff:198.51.100.7", "198.51.100.7/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
  ])("%s is %s", (text, block) => expect(parseBlock(text)?.toString()).toBe(block));

  test.each(["", "/", "10/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "010.0.0.0/8", "fe80::1%eth0", "::/129"])(
    "%j is none",
    (text) => expect(parseBlock(text)).toBeUndefined(),
  );
});
