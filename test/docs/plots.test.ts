/** The plots and the tables of benches against the figures that the benches wrote. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { readResults } from "../../bench/results.js";

const script = "../../scripts/plots.mjs";
const { drawPlots } = (await import(script)) as { drawPlots: () => Promise<Record<string, string>> };
const drawn = await drawPlots();
const kept = join(packageRoot, "docs/images/plots");

test("every plot is drawn from the figures as they are; -u draws it again", async () => {
  expect(readdirSync(kept).sort()).toEqual(Object.keys(drawn).sort());
  for (const [name, svg] of Object.entries(drawn)) await expect(svg).toMatchFileSnapshot(join(kept, name));
});

test("every plot is on the page about performance, in both themes, and loads nothing from elsewhere", () => {
  const page = readFileSync(join(packageRoot, "docs/reference/performance.md"), "utf8");
  for (const [name, svg] of Object.entries(drawn)) {
    expect(page).toContain(`../images/plots/${name}`);
    expect(svg.replaceAll(/xmlns(?::\w+)?="[^"]*"/g, "")).not.toMatch(/https?:|<script|@import|<image/);
  }
});

const benches = readdirSync(join(packageRoot, "bench"), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

describe.each(benches)("bench/%s", (bench) => {
  const dir = join(packageRoot, "bench", bench);

  test("its README has the figures of its results", () => {
    const rows = readFileSync(join(dir, "README.md"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("|"));
    const numbers = (line: string) => (line.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
    const tables = Object.entries(readResults(dir));
    expect(tables).not.toEqual([]);
    const missing = tables.flatMap(([key, table]) =>
      Object.entries(table.rows).flatMap(([name, values]) => {
        const shown = new Set(rows.filter((line) => line.includes(name)).flatMap(numbers));
        return values.flatMap((value) => (value === null || shown.has(value) ? [] : [`${key}: ${name}: ${value}`]));
      }),
    );
    expect(missing).toEqual([]);
  });
});
