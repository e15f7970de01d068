import { expect, test } from "vitest";
import { buildTable } from "../../../firewall/options/table.js";
import { Cidr } from "../../../net/cidr.js";
import { checkReach } from "../../../stacks/prepare/check-reach.js";

const table = (callers: readonly string[], options = {}) =>
  buildTable(options, { callers: callers.map((text) => Cidr.of(text)) });

test("S-19: rules for IPv6 alone are refused with their place: machines are met at IPv4 addresses", () => {
  expect(() => checkReach(table(["2001:db8::7", "2001:db8:1::/48"]), "sallyport.yaml:1:1")).toThrow(
    expect.objectContaining({
      code: "stacks/only-ipv6",
      exit: 2,
      message:
        "sallyport.yaml:1:1: only 2001:db8::7/128, 2001:db8:1::/48 may come in, and machines are met at IPv4 addresses",
    }),
  );
});

test.each([
  ["one of the callers has IPv4", table(["2001:db8::7", "203.0.113.7"])],
  ["another option lets IPv4 in", table(["2001:db8::7"], { enable_public_http: true })],
  ["the VPC comes in", table([], { disable_public_ingress: true })],
  ["there are no rules", table([], { ingress: [] })],
])("S-19: not if %s", (_, rules) => {
  expect(() => checkReach(rules, "--caller")).not.toThrow();
});
