import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";

const rows = readFileSync(join(packageRoot, "docs/reference/compatibility.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| [A-Z]-\d\d \|/.test(line));

const titles = readdirSync(join(packageRoot, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => readFileSync(join(packageRoot, "test", file), "utf8"))
  .join("\n");

test("each row of the compatibility table has its tests, by ID or by file", () => {
  expect(rows.length).toBeGreaterThan(100);
  const without = rows.filter((row) => {
    const [file] = /test\/[\w/.-]+\.test\.ts/.exec(row) ?? [];
    return file === undefined ? !titles.includes(row.slice(2, 6)) : !existsSync(join(packageRoot, file));
  });
  expect(without).toEqual([]);
});
