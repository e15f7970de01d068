/** The terminal pictures against what the commands print. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { nodeCommand } from "../support/compiled.js";

interface Pictures {
  readonly PICTURES: Readonly<Record<string, { readonly isSlow?: boolean }>>;
  readonly picture: (name: string, command: readonly string[]) => Promise<unknown>;
  readonly draw: (name: string, lines: unknown) => Readonly<Record<string, string>>;
}

const script = "../../scripts/pictures.mjs";
const { PICTURES, picture, draw } = (await import(script)) as Pictures;
const dir = join(packageRoot, "docs/images/terminal");
const kept = readdirSync(dir).sort();

test("there are pictures of all that is drawn, and no others", () => {
  expect(kept).toEqual(
    Object.keys(PICTURES)
      .flatMap((name) => [`${name}-dark.svg`, `${name}-light.svg`])
      .sort(),
  );
});

test.each(kept)("%s loads nothing from elsewhere", (name) => {
  const svg = readFileSync(join(dir, name), "utf8").replace('xmlns="http://www.w3.org/2000/svg"', "");
  expect(svg).not.toMatch(/(?:href|src|url|@import|xmlns)\b\s*[=(]/);
  expect(svg).not.toMatch(/<(?:script|image|style|foreignObject)\b/);
});

const quick = Object.keys(PICTURES).filter((name) => PICTURES[name]?.isSlow !== true);

describe.skipIf(process.platform !== "linux")("what a terminal shows (by util-linux's script)", () => {
  test.each(quick)("%s is what the command prints; -u draws it again", async (name) => {
    const drawn = draw(name, await picture(name, nodeCommand("cli/main.ts")));
    for (const [file, svg] of Object.entries(drawn)) await expect(svg).toMatchFileSnapshot(join(dir, file));
  });
});
