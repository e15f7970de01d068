import { expect, test } from "vitest";
import { OneTimeCodes } from "../../http/one-time-codes.js";

test("a code stands for its value once, and for its time", () => {
  let now = 0;
  const codes = new OneTimeCodes<string>(60, () => now);
  const [first, second, third] = ["a", "b", "c"].map((value) => codes.offer(value)) as [string, string, string];
  expect(first).toMatch(/^[\w-]{43}$/);
  expect([codes.redeem(second), codes.redeem(second)]).toEqual(["b", undefined]);
  now = 59_999;
  expect(codes.redeem(third)).toBe("c");
  now = 60_000;
  expect([codes.redeem(first), codes.redeem("")]).toEqual([undefined, undefined]);
});

test("the oldest give way to a flood of them", () => {
  const codes = new OneTimeCodes<number>(60, () => 0);
  const made = Array.from({ length: 1_500 }, (_, index) => codes.offer(index));
  expect(made.filter((code) => codes.redeem(code) !== undefined)).toHaveLength(1_000);
});
