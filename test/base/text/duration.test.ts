import { expect, test } from "vitest";
import { parseDuration } from "../../../base/text/duration.js";
import { faultText } from "../../support/fault-text.js";

test.each([
  ["30s", 30_000],
  ["5m", 300_000],
  ["8h", 28_800_000],
  ["2d", 172_800_000],
  ["1w", 604_800_000],
  ["1h30m", 5_400_000],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "5", "m", "0s", "-5m", "5 m", "1.5h", "5M", "1e3s", "9999999s"])("%j is no time span", async (text) => {
  expect(await faultText(() => parseDuration(text))).toBe(
    `${JSON.stringify(text)} is not a time span\n  write for example "30s", "5m", "8h", "2d" or "1h30m" (exit 2)`,
  );
});
