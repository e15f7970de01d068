/** Expands the values of --src into a list of files, each with the name of its output. */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { writtenPath } from "../agent/transfer/destination.js";
import { manyNeedFiles, noInputs, overwritesInput, sameOutput } from "./errors.js";
import { isDirectory } from "./places.js";

export interface InputFile {
  readonly path: string;
  /** Relative to the output directory. */
  readonly name: string;
}

/** Whether --src may be more than one file. */
export async function isMany(sources: readonly string[], cwd: string): Promise<boolean> {
  if (sources.length !== 1) return true;
  const [source = ""] = sources;
  return (await isDirectory(resolve(cwd, source))) || (await isPattern(source, cwd));
}

/** Files, patterns with * and ?, and directories with all that is in them; sorted, each once. @throws Fault */
export async function findInputs(sources: readonly string[], cwd: string): Promise<InputFile[]> {
  const found = new Map<string, InputFile>();
  for (const source of sources) {
    if (source === "-" || /^[a-z][a-z0-9+.-]*:\/\//i.test(source)) throw manyNeedFiles(source);
    const files = await expand(source, cwd);
    if (files.length === 0) throw noInputs(source);
    for (const file of files) found.set(file.path, file);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @throws Fault if an output would replace an input or another output. */
export async function checkOutputs(inputs: readonly InputFile[], outDir: string): Promise<void> {
  const sources = new Map(inputs.map((input) => [input.path, input]));
  const byWritten = new Map<string, InputFile>();
  for (const input of inputs) {
    const output = join(outDir, input.name);
    // Two links may lead to one file.
    const written = await writtenPath(output);
    const other = byWritten.get(written);
    if (other !== undefined) throw sameOutput(other.path, input.path, output);
    byWritten.set(written, input);
    const overwritten = sources.get(written);
    if (overwritten !== undefined) throw overwritesInput(overwritten.path);
  }
}

async function isPattern(source: string, cwd: string): Promise<boolean> {
  // A file may really be called "a*b".
  return /[*?]/.test(source) && !(await exists(resolve(cwd, source)));
}

async function expand(source: string, cwd: string): Promise<InputFile[]> {
  const paths = (await isPattern(source, cwd)) ? await matches(resolve(cwd, source)) : [resolve(cwd, source)];
  const files: InputFile[] = [];
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) continue;
    if (await isDirectory(real)) files.push(...(await filesIn(real, "")));
    else files.push({ path: real, name: basename(path) });
  }
  return files;
}

async function filesIn(dir: string, prefix: string): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    const name = join(prefix, entry.name);
    if (entry.isDirectory()) files.push(...(await filesIn(path, name)));
    else if (entry.isFile()) files.push({ path, name });
  }
  return files;
}

/** `*` and `?` match within one name, and not a leading dot. */
async function matches(pattern: string): Promise<string[]> {
  let found: string[] = [sep];
  for (const part of pattern.split(sep).filter((name) => name !== "")) {
    found = /[*?]/.test(part) ? await matchNames(found, part) : found.map((path) => join(path, part));
  }
  const there = await Promise.all(found.map(exists));
  return found.filter((_, index) => there[index]);
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
