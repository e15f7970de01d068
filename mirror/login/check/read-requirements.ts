/** Reads the files that list packages: requirements files, package-lock.json, and lists of names. */
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { defined } from "../../../base/defined.js";
import { EXIT, errno, Fault, quote } from "../../../base/fault.js";
import type { PackageFormat } from "../../package-format.js";
import { parseLock } from "./lockfile.js";
import { parseRequirements } from "./requirements.js";

export interface RequiredPackage {
  readonly name: string;
  /** The exact version, where one is pinned. */
  readonly version?: string;
}

export interface RequirementList {
  readonly format: PackageFormat;
  readonly required: readonly RequiredPackage[];
  /** URLs, paths and editables: no index is asked for them. */
  readonly elsewhere: readonly string[];
  readonly warnings: readonly string[];
}

/** @param file absolute. @throws Fault `mirror/no-file`, `mirror/bad-lock` */
export async function readRequirements(file: string): Promise<RequirementList> {
  const text = await read(file);
  if (!file.endsWith(".json")) return await readPython(file, text, new Set());
  const { required, elsewhere } = parseLock(text, basename(file));
  return { format: "npm", required: required.map(bare), elsewhere, warnings: [] };
}

async function readPython(file: string, text: string, seen: Set<string>): Promise<RequirementList> {
  seen.add(file);
  const { required, files, elsewhere, indexes } = parseRequirements(text);
  const nested: RequirementList[] = [];
  for (const each of files) {
    const path = resolve(dirname(file), each);
    if (!seen.has(path)) nested.push(await readPython(path, await read(path), seen));
  }
  return {
    format: "pypi",
    required: [...required.map(bare), ...nested.flatMap((list) => list.required)],
    elsewhere: [...elsewhere.map((each) => each.text), ...nested.flatMap((list) => list.elsewhere)],
    warnings: [
      ...indexes.map((index) => `${basename(file)} names the index ${index}: pip asks it, whatever the login says`),
      ...nested.flatMap((list) => list.warnings),
    ],
  };
}

/** Names or patterns, one on a line. @throws Fault `mirror/no-file` */
export async function readNames(file: string): Promise<string[]> {
  const text = await read(file);
  return text
    .split(/\r?\n/)
    .map((each) => each.replace(/(^|\s)#.*$/, "").trim())
    .filter((each) => each !== "");
}

const bare = ({ name, version }: RequiredPackage): RequiredPackage => defined({ name, version });

async function read(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((error: unknown) => {
    throw errno(error) === "ENOENT" ? noFile(file) : error;
  });
}

const noFile = (file: string) =>
  new Fault("mirror/no-file", `there is no file ${quote(file)}`, {
    hint: "name a requirements.txt or a package-lock.json",
    exit: EXIT.notFound,
  });
