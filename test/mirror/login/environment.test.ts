import { expect, test } from "vitest";
import { shellLines } from "../../../mirror/login/environment.js";

test("shells take any value", () => {
  const value = { A: "it's \\ a $x" };
  expect([shellLines(value, "sh"), shellLines(value, "fish"), shellLines(value, "powershell")]).toEqual([
    ["export A='it'\\''s \\ a $x'"],
    ["set -gx A 'it\\'s \\\\ a $x'"],
    ["$env:A = 'it''s \\ a $x'"],
  ]);
});
