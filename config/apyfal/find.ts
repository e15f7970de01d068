/** Locates and reads an `accelerator.conf`. */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { errno } from "../../base/fault.js";
import { homeOf } from "../../base/home.js";
import { type ProcessEnvironment, shownPath } from "../files.js";
import * as errors from "./errors.js";

/** Far larger than any real file. */
const MAX_BYTES = 1 << 20;

export interface ApyfalFile {
  readonly path: string;
  /** A short path for messages. */
  readonly shownAs: string;
  readonly text: string;
}

/**
 * The given file, else APYFAL_CONFIG_FILE, else ./accelerator.conf, else ~/accelerator.conf: the same order as
 * Apyfal's. A file that was named explicitly must exist.
 *
 * @throws Fault, exit status 3 if there is none, 2 if it cannot be read.
 */
export async function findApyfalFile(around: ProcessEnvironment): Promise<ApyfalFile> {
  const { cwd, env, file } = around;
  if (file !== undefined) return (await read(resolve(cwd, file), around)) ?? lost(file, "as given");
  const named = env.APYFAL_CONFIG_FILE;
  if (named) return (await read(resolve(cwd, named), around)) ?? lost(named, "APYFAL_CONFIG_FILE");
  const usual = [resolve(cwd, "accelerator.conf"), join(homeOf(env), "accelerator.conf")];
  for (const path of usual) {
    const found = await read(path, around);
    if (found !== undefined) return found;
  }
  throw errors.nothingFound(usual.map((path) => shownPath(path, around)));
}

function lost(path: string, from: string): never {
  throw errors.missing(path, from);
}

async function read(path: string, around: ProcessEnvironment): Promise<ApyfalFile | undefined> {
  const shownAs = shownPath(path, around);
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw errors.tooLarge(shownAs, size, MAX_BYTES);
    return { path, shownAs, text: decode(await readFile(path), shownAs) };
  } catch (error) {
    const code = errno(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === undefined || code.startsWith("config/")) throw error;
    throw errors.unreadable(shownAs, code, error);
  }
}

function decode(bytes: Buffer, shownAs: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw errors.notUtf8(shownAs);
  }
}
