/** The packages that files ask for. */
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { EXIT, errno, Fault, quote } from "../../base/fault.js";
import type { PackageFormat } from "../../mirror/login/codeartifact.js";

export interface Wish {
  readonly name: string;
  readonly version?: string;
}

export interface Wishes {
  readonly format: PackageFormat;
  readonly wanted: Wish[];
  readonly elsewhere: string[];
  readonly warnings: string[];
}

/** @throws Fault `mirror/no-file`, `mirror/bad-lock` */
export async function readWishes(file: string): Promise<Wishes> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw errno(error) === "ENOENT" ? noFile(file) : error;
  });
  if (/\.json$/.test(file)) {
    const { parseLock } = await import("../../mirror/login/check/lockfile.js");
    const { wanted, elsewhere } = parseLock(text, basename(file));
    return { format: "npm", wanted: wanted.map(wish), elsewhere: [...elsewhere], warnings: [] };
  }
  return await readRequirements(file, text, new Set());
}

const wish = ({ name, version }: Wish): Wish => defined({ name, version });

async function readRequirements(file: string, text: string, seen: Set<string>): Promise<Wishes> {
  const { parseRequirements } = await import("../../mirror/login/check/requirements.js");
  seen.add(file);
  const { wanted, files, elsewhere, indexes } = parseRequirements(text);
  const all: Wishes = {
    format: "pypi",
    wanted: wanted.map(wish),
    elsewhere: elsewhere.map(({ text }) => text),
    warnings: indexes.map(
      (index) => `${basename(file)} names the index ${index}: pip asks it, whatever the login says`,
    ),
  };
  for (const each of files) {
    const path = resolve(dirname(file), each);
    if (seen.has(path)) continue;
    const more = await readFile(path, "utf8").catch((error: unknown) => {
      throw errno(error) === "ENOENT" ? noFile(path) : error;
    });
    const nested = await readRequirements(path, more, seen);
    all.wanted.push(...nested.wanted);
    all.elsewhere.push(...nested.elsewhere);
    all.warnings.push(...nested.warnings);
  }
  return all;
}

/** Names or patterns, one a line. */
export async function readNames(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw errno(error) === "ENOENT" ? noFile(file) : error;
  });
  return text
    .split(/\r?\n/)
    .map((each) => each.replace(/(^|\s)#.*$/, "").trim())
    .filter((each) => each !== "");
}

const noFile = (file: string) =>
  new Fault("mirror/no-file", `there is no file ${quote(file)}`, {
    hint: "name a requirements.txt or a package-lock.json",
    exit: EXIT.notFound,
  });
