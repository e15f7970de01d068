/** The sources as plain JavaScript, made once per run: a process starts from there twice as fast as with tsx. */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
const directory = process.env.COMPILED_FOR_TESTS ?? "nowhere";

/** Bundled as they are shipped: `agent.mjs`, `accelerators/`, `gateway.mjs`, `firewall-sync.mjs`. */
export const bundledRuntime = join(directory, "runtime");

/** @param source a file of this repository. @returns its compiled self. */
export function compiled(source: string): string {
  const file = join(directory, relative(root, resolve(root, source)).replace(/\.ts$/, ".js"));
  if (!existsSync(file)) throw new Error(`${file} is missing: the global setup compiles it (test/support/compile.mjs)`);
  return file;
}

/** The command line that runs `source`, bundled if it is one of the programs in test/support/compile.mjs. */
export function nodeCommand(source: string, args: readonly string[] = []): [program: string, ...args: string[]] {
  const bundled = join(directory, "programs", source.replace(/\.ts$/, ".js"));
  return [process.execPath, existsSync(bundled) ? bundled : compiled(source), ...args];
}

/** For a program in a string: what it imports `source` by, as JSON. */
export const importable = (source: string): string => JSON.stringify(pathToFileURL(compiled(source)).href);
