import { expect, test } from "vitest";
import { checkForward } from "../../../gateway/forwards/check.js";

const asked = { target_addr: "192.168.1.5", target_port: 22, target_name: "win", target_component: "Windows" };
const limits = { range: { min: 50_000, max: 50_100 }, labNetworks: ["192.168.1.0/24"], now: 0 };

test.each([
  ["twice the same", ["198.51.100.7", "198.51.100.7/32"], ["198.51.100.7/32"]],
  ["one within another", ["10.1.0.0/16", "10.0.0.0/8", "10.2.3.4"], ["10.0.0.0/8"]],
  ["all of it", ["0.0.0.0/0", "198.51.100.0/24", "2001:db8::/32"], ["0.0.0.0/0", "2001:db8::/32"]],
  ["IPv6 within IPv6", ["2001:db8::/32", "2001:db8:51::/64"], ["2001:db8::/32"]],
  ["neighbours", ["198.51.100.0/25", "198.51.100.128/25"], ["198.51.100.0/25", "198.51.100.128/25"]],
])("sources that overlap, which nft refuses: %s", (_title, sources, expected) => {
  expect(checkForward({ ...asked, sources }, "ada", limits).sources).toEqual(expected);
});
