import { describe, expect, test } from "vitest";
import { type HostLoad, hasChance, MAX_TRIES, nextStart } from "../../../client/process/schedule.js";
import { seededRandom } from "../../support/random.js";

const host = (name: string, more: Partial<HostLoad> = {}): HostLoad => ({
  name,
  concurrency: 1,
  others: 0,
  ours: 0,
  isDown: false,
  ...more,
});
const fresh = { tried: [] };

describe("the next input goes to", () => {
  test.each<[string, readonly HostLoad[], string | undefined]>([
    ["the least busy host", [host("a", { others: 3 }), host("b", { others: 1 }), host("c", { others: 2 })], "b"],
    ["the first of equals", [host("a"), host("b")], "a"],
    [
      "the one with more room for each at once",
      [host("a", { others: 1 }), host("b", { others: 2, concurrency: 4 })],
      "b",
    ],
    ["one that counts ours too", [host("a", { ours: 1 }), host("b", { others: 0 })], "b"],
    ["no host that is down", [host("a", { isDown: true }), host("b", { others: 9 })], "b"],
    ["none that has one running and one waiting of ours", [host("a", { ours: 2 })], undefined],
  ])("%s", (_, hosts, name) => {
    expect(nextStart([fresh], hosts)?.host.name).toBe(name);
  });

  test("never the host that it failed on", () => {
    expect(nextStart([{ tried: ["a"] }], [host("a"), host("b", { others: 5 })])?.host.name).toBe("b");
    expect(nextStart([{ tried: ["a"] }], [host("a")])).toBeUndefined();
  });

  test("an input that no free host may take does not hold up the others", () => {
    const next = nextStart([{ tried: ["a"] }, fresh], [host("a"), host("b", { ours: 2 })]);
    expect([next?.input, next?.host.name]).toEqual([fresh, "a"]);
  });
});

test("an input has a chance as long as it was tried once at most, and some other host is up", () => {
  expect(hasChance(fresh, [host("a")])).toBe(true);
  expect(hasChance({ tried: ["a"] }, [host("a"), host("b")])).toBe(true);
  expect(hasChance({ tried: ["a"] }, [host("a"), host("b", { isDown: true })])).toBe(false);
  expect(hasChance({ tried: ["a", "b"] }, [host("a"), host("b"), host("c")])).toBe(false);
  expect(hasChance(fresh, [])).toBe(false);
});

describe("whatever happens", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("every input ends, by the rules (seed %d)", (seed) => {
    const random = seededRandom(seed);
    const pick = (most: number) => random.below(most);
    type Mutable = { -readonly [K in keyof HostLoad]: HostLoad[K] };
    for (let round = 0; round < 50; round++) {
      const hosts: Mutable[] = Array.from({ length: 1 + pick(4) }, (_, i) =>
        host(`h${i}`, { concurrency: 1 + pick(3), others: pick(5) }),
      );
      const inputs = Array.from({ length: pick(20) }, () => ({ tried: [] as string[], state: "waiting" }));
      let waiting = [...inputs];
      const running: Array<{ input: (typeof inputs)[number]; host: Mutable }> = [];
      for (let step = 0; waiting.length + running.length > 0; step++) {
        expect(step).toBeLessThan(1_000);
        for (let next = nextStart(waiting, hosts); next !== undefined; next = nextStart(waiting, hosts)) {
          const { input, host: chosen } = next;
          expect(chosen.isDown).toBe(false);
          expect(input.tried).not.toContain(chosen.name);
          const busy = (each: HostLoad) => (each.others + each.ours) / each.concurrency;
          const able = hosts.filter(
            (each) => !each.isDown && each.ours <= each.concurrency && !input.tried.includes(each.name),
          );
          expect(busy(chosen)).toBe(Math.min(...able.map(busy)));
          input.tried.push(chosen.name);
          chosen.ours += 1;
          expect(chosen.ours).toBeLessThanOrEqual(chosen.concurrency + 1);
          waiting = waiting.filter((each) => each !== input);
          running.push({ input, host: chosen });
        }
        for (const input of waiting.filter((each) => !hasChance(each, hosts))) input.state = "failed";
        waiting = waiting.filter(({ state }) => state === "waiting");
        const [ended] = running.splice(pick(running.length), 1);
        if (ended === undefined) continue;
        ended.host.ours -= 1;
        const fate = random.next();
        if (fate < 0.1) ended.host.isDown = true;
        if (fate >= 0.4) ended.input.state = "done";
        else if (hasChance(ended.input, hosts)) waiting.push(ended.input);
        else ended.input.state = "failed";
      }
      for (const input of inputs) {
        expect(input.state).not.toBe("waiting");
        expect(input.tried.length).toBeLessThanOrEqual(MAX_TRIES);
        expect(new Set(input.tried).size).toBe(input.tried.length);
      }
      expect(hosts.every(({ ours }) => ours === 0)).toBe(true);
    }
  });
});
