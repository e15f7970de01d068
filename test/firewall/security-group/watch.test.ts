import { expect, test } from "vitest";
import { NOTHING } from "../../../firewall/security-group/report.js";
import { type Turn, waitBetweenTurns, watch } from "../../../firewall/security-group/watch.js";

/** Ends the watch after so many turns, and tells what they were. */
async function turnsOf(count: number, turn: (number: number, signal: AbortSignal) => Promise<typeof NOTHING>) {
  const abort = new AbortController();
  const turns: Turn[] = [];
  let number = 0;
  await watch({
    intervalMs: 1,
    signal: abort.signal,
    turn: (signal) => turn(++number, signal),
    onTurn: (each) => {
      turns.push(each);
      if (turns.length === count) abort.abort();
    },
  });
  return turns;
}

test("a turn that fails is told, and the next one comes all the same", async () => {
  const turns = await turnsOf(3, async (number) => {
    if (number === 2) throw new Error("the source is silent");
    return NOTHING;
  });
  expect(turns.map(({ report, error }) => report ?? String(error))).toEqual([
    NOTHING,
    "Error: the source is silent",
    NOTHING,
  ]);
});

test("turns do not overlap, however long one takes", async () => {
  let running = 0;
  await turnsOf(5, async () => {
    running += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return NOTHING;
  });
});

test("the signal ends the wait at once", async () => {
  const abort = new AbortController();
  const started = performance.now();
  await watch({
    intervalMs: 3_600_000,
    signal: abort.signal,
    turn: async () => NOTHING,
    onTurn: () => setImmediate(() => abort.abort()),
  });
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("a signal during a turn: what it changed is told, and no other turn begins", async () => {
  const abort = new AbortController();
  const turns: Turn[] = [];
  let begun = 0;
  await watch({
    intervalMs: 1,
    signal: abort.signal,
    turn: async () => {
      begun += 1;
      abort.abort();
      return { ...NOTHING, changed: true };
    },
    onTurn: (turn) => turns.push(turn),
  });
  expect(begun).toBe(1);
  expect(turns).toMatchObject([{ report: { changed: true } }]);
});

test("a turn that the signal cut short is no failure", async () => {
  const abort = new AbortController();
  const turns: Turn[] = [];
  await watch({
    intervalMs: 1,
    signal: abort.signal,
    turn: async (signal) => {
      abort.abort(new Error("ended by SIGTERM"));
      signal.throwIfAborted();
      return NOTHING;
    },
    onTurn: (turn) => turns.push(turn),
  });
  expect(turns).toEqual([]);
});

test("an aborted signal begins nothing", async () => {
  const turn = () => Promise.reject(new Error("begun"));
  await watch({ intervalMs: 1, signal: AbortSignal.abort(), turn, onTurn: () => expect.unreachable() });
});

test.each([
  [0, 270_000],
  [0.5, 300_000],
  [1, 330_000],
])("five minutes are five minutes, give or take a tenth (%d)", (random, ms) => {
  expect(waitBetweenTurns({ intervalMs: 300_000, random: () => random })).toBe(ms);
});
