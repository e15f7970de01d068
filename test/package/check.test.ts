import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";

test("K-07: dead files, exports and dependencies, and those that only tests use, fail `npm run check`", () => {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  expect(scripts.check.split(" && ")).toEqual(
    expect.arrayContaining(["knip", "knip --production --strict --dependencies"]),
  );
});
