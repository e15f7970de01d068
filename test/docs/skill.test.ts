/** The skill file as the Agent Skills specification wants it; commands.test.ts parses its commands. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { packageRoot } from "../../base/tools.js";
import { buildProgram } from "../../cli/program.js";

const text = readFileSync(join(packageRoot, "skills/sallyport/SKILL.md"), "utf8");
const [, front = "", body = ""] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];

test("its front matter has the name of its directory, and says what it is for and when to use it", () => {
  const { name, description, license, ...others } = parse(front) as Record<string, string>;
  expect([name, license, others]).toEqual(["sallyport", "Apache-2.0", {}]);
  expect(description?.length).toBeLessThanOrEqual(1024);
  expect(description).toMatch(/\bUse when\b/);
});

test("it is short enough to be read whole", () => {
  expect(body.split("\n").length).toBeLessThan(100);
});

test("every command that it shows prints JSON, but for those whose output is another program's", () => {
  const lines = [...body.matchAll(/^\$ sallyport (.*?)(?: {2,}#.*)?$/gm)].map(([, line = ""]) => line);
  expect(lines.length).toBeGreaterThan(12);
  expect(lines.filter((line) => !line.endsWith(" --json"))).toEqual(["config init", "ssh accelerator-1 -- nvidia-smi"]);
});

test("every command that it names in a sentence exists", () => {
  const program = buildProgram(() => async () => {});
  const named = [...body.matchAll(/`(?:sallyport )?([a-z]+)(?: ([a-z]+))?(?: --[a-z]+)*`/g)];
  const known = named.filter(([, first]) => program.commands.some((command) => command.name() === first));
  expect(known.map(([, first]) => first)).toEqual(expect.arrayContaining(["up", "down", "access", "adopt", "mirror"]));
  for (const [, first, second] of known) {
    const group = program.commands.find((command) => command.name() === first);
    const isThere = second === undefined || group?.commands.some((command) => command.name() === second);
    expect(isThere, `${first} ${second}`).toBe(true);
  }
});
