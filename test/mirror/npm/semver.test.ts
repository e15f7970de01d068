import { expect, test } from "vitest";
import { compareSemver } from "../../../mirror/npm/semver.js";

test("versions of npm are in semver's order", () => {
  const sorted = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0",
    "1.10.0",
  ];
  expect([...sorted].reverse().sort(compareSemver)).toEqual(sorted);
});
