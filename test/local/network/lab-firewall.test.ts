import { expect, test } from "vitest";
import { labFirewallTable } from "../../../local/network/lab-firewall.js";

const table = labFirewallTable("gateway", {
  inbound: ["ip saddr 10.71.1.0/24 counter accept"],
  outbound: ["meta nfproto ipv4 counter accept"],
  unresolved: [],
});

test("what the rules do not let through is dropped, in both directions", () => {
  expect(table).toContain("type filter hook forward priority filter; policy drop;");
  expect(table).toMatch(/oifname "gateway" jump inbound\n {4}iifname "gateway" jump outbound\n {4}counter drop/);
});

test("rules are in the chain of their direction", () => {
  expect(table).toContain("chain inbound {\n    ip saddr 10.71.1.0/24 counter accept\n  }");
  expect(table).toContain("chain outbound {\n    meta nfproto ipv4 counter accept\n  }");
});

test("the old table goes in the same transaction, whether it was there or not", () => {
  expect(table.split("\n").slice(0, 3)).toEqual([
    "table inet sallyport_lab_firewall",
    "delete table inet sallyport_lab_firewall",
    "table inet sallyport_lab_firewall {",
  ]);
});
