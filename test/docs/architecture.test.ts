import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";

const { ROOMS } = await import(join(packageRoot, ".dependency-cruiser.mjs"));
const page = readFileSync(join(packageRoot, "docs/reference/architecture.md"), "utf8");

test("the page's table of arrows is the one that is checked", () => {
  const rows = [...page.matchAll(/^\| `(\w+)\/` \|.*\| ([\w, –]+) \|$/gm)].map(([, room, may = ""]) => [
    room,
    may === "–" ? [] : may.split(", "),
  ]);
  expect(Object.fromEntries(rows)).toEqual(ROOMS);
});

test("every file that the page names is there", () => {
  const files = [...page.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.ts)`/g)].map(([, file = ""]) => file);
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => !existsSync(join(packageRoot, file)))).toEqual([]);
});
