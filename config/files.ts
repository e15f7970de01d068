/** Locates and reads the configuration files. */
import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { errno } from "../base/fault.js";
import { createExclusive } from "../base/fs/atomic.js";
import { homeOf } from "../base/home.js";
import { packageRoot } from "../base/tools.js";
import { fileExists, fileMissing, fileNotWritten, fileUnreadable, foreignFile } from "./errors.js";
import { configTemplate } from "./template.js";

export const PROJECT_FILE = "sallyport.yaml";

export interface ProcessEnvironment {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file that the user named. Otherwise the project file is searched from `cwd` upwards. */
  readonly file?: string;
}

/** The XDG specification says to ignore a relative XDG_CONFIG_HOME. */
export function userFilePath(env: ProcessEnvironment["env"]): string {
  const xdg = env.XDG_CONFIG_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homeOf(env), ".config"), "sallyport", "config.yaml");
}

/** The project file, or undefined if there is none. */
export async function findProjectFile({ cwd, env, file }: ProcessEnvironment): Promise<string | undefined> {
  if (file !== undefined) {
    const path = resolve(cwd, file);
    if (!(await isThere(path))) throw fileMissing(file);
    return path;
  }
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    const path = join(dir, PROJECT_FILE);
    if (await isThere(path)) {
      if (dir !== resolve(cwd)) await refuseForeign(path, env);
      return path;
    }
    if (dir === dirname(dir)) return undefined;
  }
}

/**
 * A file further up can belong to another user: in /tmp, they could plant one that opens our hosts to them. A file in
 * the working directory itself, or one that was named explicitly, is the user's own choice.
 */
async function refuseForeign(path: string, env: ProcessEnvironment["env"]): Promise<void> {
  const { uid } = await stat(path);
  const mine = [0, process.getuid?.() ?? uid, Number(env.SUDO_UID ?? 0)];
  if (!mine.includes(uid)) throw foreignFile(path, uid);
}

/** The text of a required file. */
export async function readConfigFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw fileUnreadable(path, errno(error) ?? String(error), error);
  }
}

/** The text of an optional file. */
export async function readOptionalFile(path: string): Promise<string | undefined> {
  return (await isThere(path)) ? readConfigFile(path) : undefined;
}

/** How errors and origins name a file: by a short path if that is unambiguous. */
export function shownPath(path: string, { cwd, env }: ProcessEnvironment): string {
  const below = (root: string) => {
    const rest = relative(root, path);
    return rest === "" || rest.startsWith("..") || isAbsolute(rest) ? undefined : rest;
  };
  const inHome = below(homeOf(env));
  return below(cwd) ?? (inHome === undefined ? path : `~/${inHome}`);
}

/** The configuration files, from the weakest layer to the strongest. */
export async function configFiles(
  around: ProcessEnvironment,
): Promise<{ layer: "user" | "project"; path: string; exists: boolean }[]> {
  const user = userFilePath(around.env);
  const project = await findProjectFile(around);
  return [
    { layer: "user", path: user, exists: await isThere(user) },
    { layer: "project", path: project ?? resolve(around.cwd, PROJECT_FILE), exists: project !== undefined },
  ];
}

/**
 * Writes a commented configuration file.
 *
 * @throws Fault (exit status 5) if the file exists already.
 */
export async function writeTemplate(cwd: string, file = PROJECT_FILE): Promise<string> {
  const path = resolve(cwd, file);
  const schema = relative(dirname(path), join(packageRoot, "dist/config/sallyport.schema.json"));
  try {
    if (await createExclusive(path, configTemplate(schema), 0o644)) return path;
  } catch (error) {
    throw fileNotWritten(path, errno(error) ?? String(error), error);
  }
  throw fileExists(path);
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errno(error) === "ENOENT" || errno(error) === "ENOTDIR") return false;
    throw fileUnreadable(path, errno(error) ?? String(error), error);
  }
}
