import { expect, test } from "vitest";
import { batchPrefixList, planPrefixList } from "../../../firewall/security-group/plan-prefix-list.js";
import { Cidr } from "../../../net/cidr.js";
import { seededRandom } from "../../support/random.js";

const cidrs = (...texts: string[]) => texts.map((text) => Cidr.of(text));
const entry = (text: string, description: string) => ({ cidr: Cidr.of(text), text, description });

test("only entries with the owner's mark go, and another's entry counts as there", () => {
  const plan = planPrefixList(
    cidrs("101.2.3.4", "101.2.3.5", "101.2.3.6"),
    [
      entry("101.2.3.4/32", "sallyport:faculty"),
      entry("101.2.3.5/32", "by hand"),
      entry("101.2.3.7/32", "sallyport:faculty"),
      entry("101.2.3.8/32", "sallyport:other"),
      { cidr: undefined, text: "what?", description: "sallyport:faculty" },
    ],
    "faculty",
  );
  expect(JSON.parse(JSON.stringify(plan))).toMatchObject({
    add: ["101.2.3.6/32"],
    remove: ["101.2.3.7/32"],
    keep: ["101.2.3.4/32"],
    foreign: [{ text: "101.2.3.5/32" }, { text: "101.2.3.8/32" }, { text: "what?" }],
    description: "sallyport:faculty",
  });
});

test("whatever fits into one call is one call", () => {
  const add = Array.from({ length: 60 }, (_, index) => Cidr.host(`101.2.3.${index}`));
  const remove = Array.from({ length: 40 }, (_, index) => Cidr.host(`101.2.4.${index}`));
  expect(batchPrefixList({ add, remove }, 20)).toEqual([{ add, remove }]);
  expect(batchPrefixList({ add: [], remove: [] }, 20)).toEqual([]);
});

test("on 500 random changes no call is too large, no version too long, and all is done", () => {
  for (let seed = 0; seed < 500; seed += 1) {
    const random = seededRandom(seed);
    const make = (count: number, third: number) =>
      Array.from({ length: count }, (_, index) => Cidr.host(`101.${third}.${index >> 8}.${index & 255}`));
    const remove = make(random.below(400), 1);
    const before = remove.length + random.below(50);
    const add = make(random.below(400), 2);
    const most = Math.max(before, before + add.length - remove.length) + random.below(100);
    let held = before;
    const batches = batchPrefixList({ add, remove }, most - before);
    for (const batch of batches) {
      expect(batch.add.length + batch.remove.length).toBeLessThanOrEqual(100);
      held += batch.add.length - batch.remove.length;
      expect(held).toBeLessThanOrEqual(most);
    }
    expect(batches.flatMap((batch) => batch.add)).toEqual(add);
    expect(batches.flatMap((batch) => batch.remove)).toEqual(remove);
    expect(batches.length).toBe(Math.ceil((add.length + remove.length) / 100));
  }
});
