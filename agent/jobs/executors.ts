/** Turns an accelerator's settings into the command line of its program. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AcceleratorSettings } from "../settings/schema.js";
import type { AcceleratorInfo, Phase } from "./types.js";

export type Kind = AcceleratorInfo["kind"];

/** The paths that a command gets, as far as they exist. */
export interface ProgramFiles {
  readonly input?: string;
  readonly output?: string;
  readonly parameters: string;
  readonly result: string;
}

/** Of `-m`, as in the Accelize protocol. */
const MODES: Readonly<Record<Phase, string>> = { start: "0", process: "1", stop: "2" };

export function kindOf(settings: AcceleratorSettings): Kind {
  if (settings.builtin !== undefined) return "builtin";
  return settings.filter === undefined ? "command" : "filter";
}

/**
 * @param builtins directory of the built-in programs; by default beside the bundle, or where the build puts them.
 * @param path PATH.
 * @returns the program as an absolute path with its first arguments, or the reason why it cannot start.
 */
export function resolveProgram(
  settings: AcceleratorSettings,
  path: string,
  builtins = findBuiltins(),
): { words: readonly string[] } | { missing: string } {
  if (settings.builtin !== undefined) {
    const file = join(builtins, `${settings.builtin}.mjs`);
    return existsSync(file) ? { words: [process.execPath, file] } : { missing: `"${file}" is not there` };
  }
  const [name = "", ...words] = settings.filter ?? settings.command ?? [];
  const candidates = isAbsolute(name) ? [name] : path.split(delimiter).map((dir) => join(dir, name));
  const program = candidates.find(isProgram);
  return program === undefined ? { missing: `there is no program "${name}"` } : { words: [program, ...words] };
}

export function commandArguments(phase: Phase, files: ProgramFiles): string[] {
  return [
    "-m",
    MODES[phase],
    ...(files.input === undefined ? [] : ["-i", files.input]),
    ...(files.output === undefined ? [] : ["-o", files.output]),
    "-j",
    files.parameters,
    "-p",
    files.result,
  ];
}

/** Holds nothing from the agent's environment: no token, no credentials, no addresses. */
export function programEnvironment(env: NodeJS.ProcessEnv, home: string): Record<string, string> {
  return { PATH: searchPath(env), LANG: env.LANG ?? "C.UTF-8", HOME: home, TMPDIR: home };
}

export function searchPath(env: NodeJS.ProcessEnv): string {
  return env.PATH ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/** They lie beside agent.mjs in a bundle, and where the build puts them for the sources. */
function findBuiltins(): string {
  const beside = ["./accelerators", "../../dist/runtime/accelerators"];
  const places = beside.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(join(place, "gzip.mjs"))) ?? places[0] ?? "";
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
