import { expect, test } from "vitest";
import { spanText } from "../../../base/text/span.js";

test.each([
  [0, "0 s"],
  [89, "89 s"],
  [90, "1 min"],
  [5_399, "89 min"],
  [5_400, "1 h 30 min"],
  [7_200, "2 h"],
  [172_800, "2 d"],
  [180_000, "2 d 2 h"],
])("%i seconds are %j", (seconds, said) => expect(spanText(seconds)).toBe(said));
