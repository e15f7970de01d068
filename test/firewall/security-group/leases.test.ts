import { expect, test } from "vitest";
import { planGrant, planLeases, planRenewal } from "../../../firewall/security-group/leases.js";
import type { RulePlan } from "../../../firewall/security-group/plan.js";
import { Cidr } from "../../../net/cidr.js";
import type { InstalledRule } from "../../../net/ec2-rules.js";
import type { IngressRule } from "../../../net/ingress-rule.js";

const now = new Date("2026-03-01T08:00:00Z");
const at = (hour: number) => new Date(`2026-03-01T${String(hour).padStart(2, "0")}:00:00Z`);
const until = (hour: number, names = "alice") =>
  `until=2026-03-01T${String(hour).padStart(2, "0")}:00:00Z for=${names}`;

const rule = (text: string, port = 22): IngressRule => ({
  protocol: "tcp",
  ports: { from: port, to: port },
  source: { kind: "cidr", cidr: Cidr.of(text) },
});
const live = (description: string, text = "101.2.3.4", port = 22): InstalledRule => ({
  ...rule(text, port),
  id: `sgr-${text}-${port}`,
  description,
});

/** What a plan does, as text. */
const told = (plan: RulePlan) => [
  ...plan.grant.map((grant) => `+ ${source(grant.rule)} ${grant.description}`),
  ...plan.remark.map((remark) => `~ ${source(remark.rule)} ${remark.description}`),
  ...plan.revoke.map((gone) => `- ${source(gone)}`),
];
const source = ({ source: from, ports }: IngressRule) => `${from.kind === "cidr" ? from.cidr : ""}:${ports.from}`;

test.each<[string, InstalledRule[], string[]]>([
  ["where there is no rule", [], [`+ 101.2.3.4/32:22 sallyport:access ${until(16)}`]],
  ["onto a list's rule", [live("sallyport:faculty")], [`~ 101.2.3.4/32:22 sallyport:faculty ${until(16)}`]],
  ["where somebody else lets the address in anyway", [live("by hand")], []],
  [
    "longer than the holder had it",
    [live(`sallyport:access ${until(9)}`)],
    [`~ 101.2.3.4/32:22 sallyport:access ${until(16)}`],
  ],
  [
    "shorter than the holder had it",
    [live(`sallyport:access ${until(20)}`)],
    [`~ 101.2.3.4/32:22 sallyport:access ${until(16)}`],
  ],
  [
    "beside another holder's longer one",
    [live(`sallyport:access ${until(20, "bob")}`)],
    [`~ 101.2.3.4/32:22 sallyport:access ${until(20, "bob,alice")}`],
  ],
  [
    "beside another holder's shorter one",
    [live(`sallyport:access ${until(9, "bob")}`)],
    [`~ 101.2.3.4/32:22 sallyport:access ${until(16, "bob,alice")}`],
  ],
  [
    "in place of one that is over",
    [live(`sallyport:access ${until(7, "bob")}`)],
    [`~ 101.2.3.4/32:22 sallyport:access ${until(16)}`],
  ],
])("a lease is granted %s", (_name, actual, expected) => {
  expect(told(planGrant([rule("101.2.3.4")], actual, { name: "alice", until: at(16) }, now))).toEqual(expected);
});

test.each<[string, string, string[]]>([
  ["a lease that is over", `sallyport:access ${until(8)}`, ["- 101.2.3.4/32:22"]],
  ["a lease that lasts", `sallyport:access ${until(9)}`, []],
  ["a list's rule without a lease", "sallyport:faculty", []],
  ["a list's rule whose lease is over", `sallyport:faculty ${until(7)}`, ["~ 101.2.3.4/32:22 sallyport:faculty"]],
  ["somebody else's rule", "until=2020-01-01T00:00:00Z", []],
  ["a rule for access without an end", "sallyport:access", []],
])("what becomes of %s when leases are ended", (_name, description, expected) => {
  expect(told(planLeases([live(description)], now, (mark) => mark))).toEqual(expected);
});

test("a holder who roams has the new address before the old one goes, on every port", () => {
  const actual = [
    live(`sallyport:access ${until(9)}`),
    live(`sallyport:access ${until(9)}`, "101.2.3.4", 80),
    live(`sallyport:access ${until(9, "bob")}`, "105.6.7.8", 80),
  ];
  const sources = [Cidr.host("109.1.1.1")];
  expect(told(planRenewal(actual, { name: "alice", until: at(16), sources }, now))).toEqual([
    `+ 109.1.1.1/32:22 sallyport:access ${until(16)}`,
    `+ 109.1.1.1/32:80 sallyport:access ${until(16)}`,
    "- 101.2.3.4/32:22",
    "- 101.2.3.4/32:80",
  ]);
});

test("an address that two holders share stays with the one who stays", () => {
  const actual = [live(`sallyport:access ${until(9, "alice,bob")}`)];
  const sources = [Cidr.host("109.1.1.1")];
  expect(told(planRenewal(actual, { name: "alice", until: at(16), sources }, now))).toEqual([
    `+ 109.1.1.1/32:22 sallyport:access ${until(16)}`,
    `~ 101.2.3.4/32:22 sallyport:access ${until(9, "bob")}`,
  ]);
});

test("a renewal without a new address moves the end and nothing else", () => {
  const actual = [live(`sallyport:access ${until(9)}`), live(`sallyport:access ${until(9, "bob")}`, "105.6.7.8")];
  expect(told(planRenewal(actual, { name: "alice", until: at(16) }, now))).toEqual([
    `~ 101.2.3.4/32:22 sallyport:access ${until(16)}`,
  ]);
  expect(told(planRenewal(actual, { name: "carol", until: at(16) }, now))).toEqual([]);
});
