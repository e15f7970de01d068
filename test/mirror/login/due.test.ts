import { expect, test } from "vitest";
import { chanceOf, dueAt, leftText, retryAfter } from "../../../mirror/login/due.js";

test("P-16 due in the last third, never later than a third of it before the end, never before the token was made", () => {
  for (const hours of [0, 0.25, 1, 12])
    for (const random of [0, 0.5, 0.999]) {
      const span = { issuedAt: 0, expiresAt: hours * 3_600_000 };
      const lead = span.expiresAt - dueAt(span, random);
      const full = Math.min(span.expiresAt / 3, 7_200_000);
      expect(lead).toBeGreaterThanOrEqual(full);
      expect(lead).toBeLessThanOrEqual((full * 4) / 3);
    }
  expect([1, 2, 3, 20].map((failures) => retryAfter(failures, 0))).toEqual([30_000, 60_000, 120_000, 900_000]);
  expect(chanceOf("pip 1")).toBe(chanceOf("pip 1"));
  expect([0, 30_000, 240_000, 43_140_000].map(leftText)).toEqual([
    "expired",
    "less than a minute",
    "4 min",
    "11 h 59 min",
  ]);
});
