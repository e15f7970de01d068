/** The pictures that take minutes: what does not change from run to run in them is what the built commands print. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { findEmulator } from "../../local/emulator/emulator.js";
import { whatItTakes } from "../e2e/support/deployed-host.js";

const pictures = "../../scripts/pictures.mjs";
const { picture } = (await import(pictures)) as { picture: (name: string) => Promise<readonly Run[][]> };

interface Run {
  readonly text: string;
}

const printed = async (name: string) =>
  (await picture(name)).map((line) => line.map(({ text }) => text).join(" ")).filter(Boolean);

/** The lines of the kept picture: pieces of text at the same height. */
function shown(name: string): string[] {
  const svg = readFileSync(join(packageRoot, `docs/images/terminal/${name}-dark.svg`), "utf8");
  const lines = new Map<string, string[]>();
  for (const [, y = "", text = ""] of svg.matchAll(/<text x="[\d.]+" y="([\d.]+)"[^>]*>([^<]*)</g)) {
    lines.set(y, [
      ...(lines.get(y) ?? []),
      text.replaceAll("&gt;", ">").replaceAll("&lt;", "<").replaceAll("&amp;", "&"),
    ]);
  }
  return [...lines.values()].map((pieces) => pieces.join(" "));
}

test("plan: the rules, the resources and their number", async ({ skip }) => {
  if (findEmulator() === undefined) return skip("there is no moto_server here");
  const stable = (lines: readonly string[]) => lines.filter((line) => /^(?:tcp|\+|~|-) |to create$/.test(line));
  const kept = stable(shown("plan"));
  expect(kept.length).toBeGreaterThan(10);
  expect(stable(await printed("plan"))).toEqual(kept);
});

test("demo: its steps, all of which came out", async ({ skip }) => {
  const support = await whatItTakes();
  if (typeof support === "string") return skip(`no demo can run here: ${support}`);
  const steps = (lines: readonly string[]) => lines.flatMap((line) => /^ok +[\d.]+ s +([^:]+):/.exec(line)?.[1] ?? []);
  const kept = steps(shown("demo"));
  expect(kept.length).toBeGreaterThan(10);
  expect(steps(await printed("demo"))).toEqual(kept);
});
