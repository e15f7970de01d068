import { expect, test } from "vitest";
import { changesNothing, planRules, type RulePlan } from "../../../firewall/security-group/plan.js";
import { Cidr } from "../../../net/cidr.js";
import type { InstalledRule } from "../../../net/ec2-rules.js";
import { compareRules, type IngressRule, ruleKey } from "../../../net/ingress-rule.js";
import { type Random, seededRandom } from "../../support/random.js";

const now = new Date("2026-03-01T08:00:00Z");
const later = "until=2026-03-01T09:00:00Z for=alice";
const over = "until=2026-03-01T07:00:00Z for=alice";

const rule = (port: number, text: string): IngressRule => ({
  protocol: "tcp",
  ports: { from: port, to: port },
  source: { kind: "cidr", cidr: Cidr.of(text) },
});
const live = (port: number, text: string, description: string): InstalledRule => ({
  ...rule(port, text),
  id: `sgr-${port}-${text}`,
  description,
});
const one = "101.2.3.4";

/** Each row: what the rule says, whether the list of `faculty` has it, and what becomes of it. */
test.each<[string, boolean, keyof RulePlan, string?]>([
  ["sallyport:faculty", true, "keep"],
  ["sallyport:faculty", false, "revoke"],
  ["sallyport:faculty from the API", false, "revoke"],
  ["", true, "foreign"],
  ["", false, "foreign"],
  ["by hand", false, "foreign"],
  ["sallyport:faculty2", false, "foreign"],
  ["sallyport:other", true, "foreign"],
  ["sallyport:other", false, "foreign"],
  [`sallyport:other ${over}`, false, "foreign"],
  ["sallyport:access", true, "foreign"],
  ["sallyport:access", false, "foreign"],
  [`sallyport:access ${over}`, false, "revoke"],
  [`sallyport:access ${over}`, true, "keep", "sallyport:faculty"],
  [`sallyport:access ${later}`, false, "keep"],
  [`sallyport:access ${later}`, true, "keep", `sallyport:faculty ${later}`],
  [`sallyport:faculty ${later}`, true, "keep"],
  [`sallyport:faculty ${later}`, false, "keep", `sallyport:access ${later}`],
  [`sallyport:faculty ${over}`, true, "keep", "sallyport:faculty"],
  [`sallyport:faculty ${over}`, false, "revoke"],
  ["sallyport:faculty until=soon", false, "foreign"],
])("a rule described %j, in the list: %s, goes to %s", (description, isListed, place, remarked) => {
  const actual = live(22, one, description);
  const plan = planRules(isListed ? [rule(22, one)] : [], [actual], "faculty", now);
  expect(plan[place]).toEqual([actual]);
  expect(plan.grant).toEqual([]);
  expect(plan.remark).toEqual(remarked === undefined ? [] : [{ rule: actual, description: remarked }]);
  for (const other of ["revoke", "keep", "foreign"] as const) if (other !== place) expect(plan[other]).toEqual([]);
});

test("the same address on another port, protocol or in a wider block is another rule", () => {
  const actual = [
    live(23, one, "by hand"),
    { ...live(22, one, "by hand"), protocol: "udp" },
    live(22, "101.2.3.0/24", "by hand"),
  ];
  expect(planRules([rule(22, one)], actual, "faculty", now).grant).toEqual([
    { rule: rule(22, one), description: "sallyport:faculty" },
  ]);
});

test("a source of an unknown kind is equal to nothing and stays", () => {
  const odd: InstalledRule = { ...live(22, one, "sallyport:other"), source: { kind: "unknown", text: "sgr-1" } };
  expect(planRules([rule(22, one)], [odd], "faculty", now)).toMatchObject({ grant: [{}], foreign: [odd], revoke: [] });
});

const ADDRESSES = ["101.2.3.4", "101.2.3.5", "105.0.0.0/8", "2600:1f18::7", "2600:1f18::/32"];
const DESCRIPTIONS = [
  "",
  "by hand",
  "sallyport:faculty",
  "sallyport:faculty",
  "sallyport:other",
  `sallyport:access ${later}`,
  `sallyport:access ${over}`,
  `sallyport:faculty ${later}`,
  `sallyport:faculty ${over}`,
];

function scene(random: Random): { desired: IngressRule[]; actual: InstalledRule[] } {
  const all = [22, 80].flatMap((port) => ADDRESSES.map((text) => ({ port, text })));
  return {
    desired: all.filter(() => random.chance(0.5)).map(({ port, text }) => rule(port, text)),
    actual: all.filter(() => random.chance(0.5)).map(({ port, text }) => live(port, text, random.pick(DESCRIPTIONS))),
  };
}

/** What EC2 would hold after the plan. */
function carryOut(plan: RulePlan, actual: readonly InstalledRule[]): InstalledRule[] {
  const gone = new Set(plan.revoke.map(({ id }) => id));
  const marks = new Map(plan.remark.map(({ rule: of, description }) => [ruleKey(of), description]));
  return [
    ...actual
      .filter(({ id }) => !gone.has(id))
      .map((old) => ({ ...old, description: marks.get(ruleKey(old)) ?? old.description })),
    ...plan.grant.map((grant) => ({
      ...grant.rule,
      id: `new ${ruleKey(grant.rule)}`,
      description: grant.description,
    })),
  ];
}

test("on 2000 random scenes a plan holds its promises", () => {
  for (let seed = 0; seed < 2000; seed += 1) {
    const random = seededRandom(seed);
    const { desired, actual } = scene(random);
    const plan = planRules(desired, actual, "faculty", now);
    const after = carryOut(plan, actual);
    const wanted = new Set(desired.map(ruleKey));
    const there = new Set(after.map(ruleKey));
    // Complete: all that is wanted is there, each content once.
    expect([...wanted].filter((key) => !there.has(key))).toEqual([]);
    expect(there.size).toBe(after.length);
    // Nothing wanted is revoked, nothing of others is touched.
    expect(plan.revoke.filter((gone) => wanted.has(ruleKey(gone)))).toEqual([]);
    for (const old of actual) {
      if (old.description.startsWith("sallyport:faculty") || old.description.startsWith("sallyport:access")) continue;
      expect(after).toContainEqual(old);
    }
    // Idempotent: the successor of a plan is empty.
    expect(changesNothing(planRules(desired, after, "faculty", now))).toBe(true);
    // Order-free, and in canonical order.
    const shuffled = planRules([...desired].reverse(), [...actual].reverse(), "faculty", now);
    expect(shuffled).toEqual(plan);
    expect(plan.revoke).toEqual([...plan.revoke].sort(compareRules));
  }
});
