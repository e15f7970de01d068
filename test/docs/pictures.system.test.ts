/**
 * The picture of `plan`: what does not change from run to run in it is what the built command prints. That of the demo
 * is judged by test/package/install.system.test.ts, which runs the demo.
 */
import { expect, test } from "vitest";
import { findEmulator } from "../../local/emulator/emulator.js";
import { shownIn } from "./support/shown-picture.js";

const pictures = "../../scripts/pictures.mjs";
const { picture } = (await import(pictures)) as { picture: (name: string) => Promise<readonly Run[][]> };

interface Run {
  readonly text: string;
}

const printed = async (name: string) =>
  (await picture(name)).map((line) => line.map(({ text }) => text).join(" ")).filter(Boolean);

test("plan: the rules, the resources and their number", async ({ skip }) => {
  if (findEmulator() === undefined) return skip("there is no moto_server here");
  const stable = (lines: readonly string[]) => lines.filter((line) => /^(?:tcp|\+|~|-) |to create$/.test(line));
  const kept = stable(shownIn("plan"));
  expect(kept.length).toBeGreaterThan(10);
  expect(stable(await printed("plan"))).toEqual(kept);
});
