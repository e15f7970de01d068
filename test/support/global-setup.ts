/** Once per run: a temporary directory is made, the sources are compiled, and what is shipped is bundled, for all files that start it as a program. */
import type { TestProject } from "vitest/node";
// @ts-expect-error a script without types
import { compile } from "./compile.mjs";
import { openRunDirectory } from "./run-directory.js";

/** Each project runs this file as a module of its own. */
const run = globalThis as { compiledForTests?: Promise<string> };

export async function setup({ vitest }: TestProject): Promise<void> {
  openRunDirectory();
  const wanted = vitest.projects.some(({ name }) => name !== "unit");
  run.compiledForTests ??= compile({ runtime: wanted });
  // The workers inherit it.
  process.env.COMPILED_FOR_TESTS = await run.compiledForTests;
}
