import { describe, expect, test } from "vitest";
import { cached } from "../../../base/async/cached.js";

describe("a cached value", () => {
  test("is read once for all who ask meanwhile, and again after it", async () => {
    let now = 0;
    let reads = 0;
    const read = cached(
      5_000,
      async () => ++reads,
      () => now,
    );
    expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
    now = 4_999;
    expect(await read()).toBe(1);
    now = 5_000;
    expect(await read()).toBe(2);
  });

  test("is not a failure", async () => {
    let fails = true;
    const read = cached(5_000, async () => {
      if (fails) throw new Error("not deployed");
      return "deployed";
    });
    await expect(read()).rejects.toThrow("not deployed");
    fails = false;
    expect(await read()).toBe("deployed");
  });
});
