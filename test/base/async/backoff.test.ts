import { describe, expect, test } from "vitest";
import { backoffMs, pause } from "../../../base/async/backoff.js";
import { sleepUnless } from "../../../base/async/sleep.js";

describe("backoffMs", () => {
  const limits = { baseMs: 200, capMs: 1_000 };

  test.each([
    ["full", 0, [0, 0, 0, 0]],
    ["full", 1, [200, 400, 800, 1_000]],
    ["half", 0, [100, 200, 400, 500]],
    ["half", 1, [200, 400, 800, 1_000]],
    ["none", 0.3, [200, 400, 800, 1_000]],
  ] as const)("%s jitter with the random number %d", (jitter, random, waits) => {
    expect([1, 2, 3, 4].map((failures) => backoffMs(failures, { ...limits, jitter, random: () => random }))).toEqual(
      waits,
    );
  });

  test("after very many failures it is still the cap", () => {
    expect(backoffMs(5_000, { ...limits, jitter: "none" })).toBe(1_000);
  });
});

test("a pause ends with the signal", async () => {
  const controller = new AbortController();
  const waiting = pause(1, { baseMs: 60_000, capMs: 60_000, jitter: "none" }, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  await sleepUnless(controller.signal, 60_000);
});
