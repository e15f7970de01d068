/** Expands the values of --src into a list of files, each with the name of its output. */
import { Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { errno, quote } from "../../base/fault.js";
import { writtenPath } from "../agent/transfer/destination.js";
import { manyNeedFiles, noInputs, overwritesInput, sameOutput } from "./errors.js";
import { isDirectory } from "./places.js";

export interface InputFile {
  readonly path: string;
  /** Relative to the output directory. */
  readonly name: string;
}

/** Entries that are named in the warning. */
const SHOWN = 5;

/** An entry of a directory that is no input. */
export interface SkippedEntry {
  readonly path: string;
  /** For people: `a link to a directory`. */
  readonly what: string;
}

/** Whether --src may be more than one file. */
export async function isMany(sources: readonly string[], cwd: string): Promise<boolean> {
  if (sources.length !== 1) return true;
  const [source = ""] = sources;
  return (await isDirectory(resolve(cwd, source))) || (await isPattern(source, cwd));
}

/**
 * Files, patterns with * and ?, and directories with all that is in them; sorted, each once. Links in a directory are
 * followed if they lead to files.
 *
 * @param onSkip is called for each entry of a directory that is left out.
 * @throws Fault
 */
export async function findInputs(
  sources: readonly string[],
  cwd: string,
  onSkip: (entry: SkippedEntry) => void = () => undefined,
): Promise<InputFile[]> {
  const found = new Map<string, InputFile>();
  for (const source of sources) {
    if (source === "-" || /^[a-z][a-z0-9+.-]*:\/\//i.test(source)) throw manyNeedFiles(source);
    const files = await expand(source, cwd, onSkip);
    if (files.length === 0) throw noInputs(source);
    for (const file of files) found.set(file.path, file);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @throws Fault if an output would replace an input or another output. */
export async function checkOutputs(inputs: readonly InputFile[], outDir: string): Promise<void> {
  const read = await Promise.all(
    inputs.map(async ({ path }) => [await realpath(path).catch(() => path), path] as const),
  );
  const sources = new Map(read);
  const byWritten = new Map<string, InputFile>();
  for (const input of inputs) {
    const output = join(outDir, input.name);
    // Two links may lead to one file.
    const written = await writtenPath(output);
    const other = byWritten.get(written);
    if (other !== undefined) throw sameOutput(other.path, input.path, output);
    byWritten.set(written, input);
    const overwritten = sources.get(written);
    if (overwritten !== undefined) throw overwritesInput(overwritten);
  }
}

async function isPattern(source: string, cwd: string): Promise<boolean> {
  // A file may really be called "a*b".
  return /[*?]/.test(source) && !(await exists(resolve(cwd, source)));
}

type OnSkip = (entry: SkippedEntry) => void;

async function expand(source: string, cwd: string, onSkip: OnSkip): Promise<InputFile[]> {
  const path = resolve(cwd, source);
  if (!(await isPattern(source, cwd))) return filesAt(path, onSkip);
  const files: InputFile[] = [];
  for (const match of await matches(path)) {
    const what = await kindOf(match);
    if (what === "file" || what === "directory") files.push(...(await filesAt(match, onSkip)));
    else onSkip({ path: match, what });
  }
  return files;
}

async function filesAt(path: string, onSkip: OnSkip): Promise<InputFile[]> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return [];
  return (await isDirectory(real)) ? filesIn(real, "", onSkip) : [{ path: real, name: basename(path) }];
}

async function filesIn(dir: string, prefix: string, onSkip: OnSkip): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    const name = join(prefix, entry.name);
    const what = entry.isDirectory() || entry.isFile() ? "" : await kindOf(path);
    if (entry.isDirectory()) files.push(...(await filesIn(path, name, onSkip)));
    else if (entry.isFile() || what === "file") files.push({ path, name });
    // A directory behind a link is not followed: it may hold the link itself.
    else onSkip({ path, what: what === "directory" ? "a link to a directory" : what });
  }
  return files;
}

/** Of what is there, behind links. */
async function kindOf(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => error);
  if (!(found instanceof Stats)) return errno(found) === "ELOOP" ? "a link in a circle" : "a link that leads nowhere";
  return found.isFile() ? "file" : found.isDirectory() ? "directory" : "no file";
}

/** The warning about entries that are left out: how many, and the first of them. */
export function skippedText(skipped: readonly SkippedEntry[], cwd: string): string {
  const shown = skipped.slice(0, SHOWN).map(({ path, what }) => `${quote(relative(cwd, path))} (${what})`);
  const more = skipped.length > SHOWN ? [`${skipped.length - SHOWN} more`] : [];
  const entries = skipped.length === 1 ? "1 entry is" : `${skipped.length} entries are`;
  return `${entries} left out: ${[...shown, ...more].join(", ")}`;
}

/** `*` and `?` match within one name, and not a leading dot. */
async function matches(pattern: string): Promise<string[]> {
  let found: string[] = [sep];
  for (const part of pattern.split(sep).filter((name) => name !== "")) {
    found = /[*?]/.test(part) ? await matchNames(found, part) : found.map((path) => join(path, part));
  }
  const there = await Promise.all(found.map((path) => lstat(path).catch(() => undefined)));
  return found.filter((_, index) => there[index] !== undefined);
}

async function matchNames(dirs: readonly string[], part: string): Promise<string[]> {
  const text = part
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const regex = new RegExp(`^${text}$`, "su");
  const lists = dirs.map(async (dir) => {
    const names = await readdir(dir).catch(() => []);
    return names
      .filter((name) => regex.test(name) && (part.startsWith(".") || !name.startsWith(".")))
      .map((name) => join(dir, name));
  });
  return (await Promise.all(lists)).flat();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
