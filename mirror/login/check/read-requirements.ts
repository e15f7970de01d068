/** Reads the files that list packages: requirements files, lock files, and lists of names. */
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { defined } from "../../../base/defined.js";
import { EXIT, errno, Fault, quote } from "../../../base/fault.js";
import type { PackageFormat } from "../../package-format.js";
import { type Lock, parseLock } from "./lockfile.js";
import { parsePnpmLock } from "./pnpm-lock.js";
import { parsePoetryLock, parseUvLock } from "./python-locks.js";
import type { RequiredPackage } from "./required-package.js";
import { parseRequirements } from "./requirements.js";
import { parseYarnLock } from "./yarn-lock.js";

export interface RequirementList {
  readonly format: PackageFormat;
  readonly required: readonly RequiredPackage[];
  /** Paths on this machine: no index is asked for them. */
  readonly elsewhere: readonly string[];
  /** URLs of packages without a name, and of places to search for packages. */
  readonly remote: readonly string[];
  /** Indexes that the file names. */
  readonly indexes: readonly NamedIndex[];
}

export interface NamedIndex {
  /** Without a directory. */
  readonly file: string;
  readonly url: string;
}

/** @param file absolute. @throws Fault `mirror/no-file`, `mirror/bad-lock`, `mirror/other-lock`, `mirror/bad-line` */
export async function readRequirements(file: string): Promise<RequirementList> {
  const text = await read(file);
  const known = LOCKS[basename(file)];
  if (known !== undefined) {
    const lock = known.parse(text);
    if (lock === undefined) throw unsupported(file, known.instead);
    return { format: known.format, ...lock, remote: [], indexes: [] };
  }
  if (!file.endsWith(".json")) return await readPython(file, text, new Set());
  if (basename(file) === "package.json") throw unsupported(file, "npm install --package-lock-only");
  const { required, elsewhere } = parseLock(text, basename(file));
  return { format: "npm", required, elsewhere, remote: [], indexes: [] };
}

async function readPython(file: string, text: string, seen: Set<string>): Promise<RequirementList> {
  seen.add(file);
  const instead = OTHER_LOCKS[basename(file)];
  if (instead !== undefined) throw unsupported(file, instead);
  const { required, files, elsewhere, remote, indexes } = parseRequirements(text, basename(file));
  const nested: RequirementList[] = [];
  for (const each of files) {
    const path = resolve(dirname(file), each);
    if (!seen.has(path)) nested.push(await readPython(path, await read(path), seen));
  }
  return {
    format: "pypi",
    required: [...required.map(bare), ...nested.flatMap((list) => list.required)],
    elsewhere: [...elsewhere.map((each) => each.text), ...nested.flatMap((list) => list.elsewhere)],
    remote: [...remote.map((each) => each.text), ...nested.flatMap((list) => list.remote)],
    indexes: [...indexes.map((url) => ({ file: basename(file), url })), ...nested.flatMap((list) => list.indexes)],
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

const bare = ({ name, version, url }: RequiredPackage): RequiredPackage => defined({ name, version, url });

async function read(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((error: unknown) => {
    throw errno(error) === "ENOENT" ? noFile(file) : error;
  });
}

interface LockKind {
  readonly format: PackageFormat;
  /** @returns undefined for what it does not understand. */
  readonly parse: (text: string) => Lock | undefined;
  /** The command that makes a file that is read. */
  readonly instead: string;
}

const LOCKS: Readonly<Record<string, LockKind>> = {
  "poetry.lock": { format: "pypi", parse: parsePoetryLock, instead: "poetry lock, with Poetry 1.1 or later" },
  "uv.lock": { format: "pypi", parse: parseUvLock, instead: "uv export -o requirements.txt" },
  "yarn.lock": { format: "npm", parse: parseYarnLock, instead: "yarn install" },
  "pnpm-lock.yaml": { format: "npm", parse: parsePnpmLock, instead: "pnpm install, with pnpm 8 or later" },
};

/** Files of other forms, and the commands that list their packages in a form that is read. */
const OTHER_LOCKS: Readonly<Record<string, string>> = {
  "pdm.lock": "pdm export -o requirements.txt",
  "pylock.toml": "uv export -o requirements.txt",
  "pyproject.toml": "pip-compile -o requirements.txt",
  "setup.cfg": "pip-compile -o requirements.txt",
  Pipfile: "pipenv requirements > requirements.txt",
  "Pipfile.lock": "pipenv requirements > requirements.txt",
  "environment.yml": "pip freeze > requirements.txt",
  "bun.lock": "npm install --package-lock-only",
  "bun.lockb": "npm install --package-lock-only",
};

const unsupported = (file: string, instead: string) =>
  new Fault("mirror/other-lock", `${quote(basename(file))} is of a kind or version that check does not read`, {
    hint: `make a file that it reads: ${instead}`,
    exit: EXIT.usage,
  });

const noFile = (file: string) =>
  new Fault("mirror/no-file", `there is no file ${quote(file)}`, {
    hint: "name a requirements.txt or a lock file",
    exit: EXIT.notFound,
  });
