/** Settings of a mirror that a command line describes: those of mirror.yaml, if one is named, with flags over them. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { defined } from "../../base/defined.js";
import { settingsMissing } from "../../http/daemon/settings-errors.js";
import { badConnection, certWithoutKey } from "../errors.js";
import { parseConfig } from "./parse.js";
import type { MirrorConfig } from "./schema.js";

export interface SettingFlags {
  readonly dir?: string;
  readonly listen?: { readonly address: string; readonly port: number } | undefined;
  readonly url?: string;
  readonly cert?: string;
  readonly key?: string;
  /** `public:pypi=SOURCE` */
  readonly connection: readonly string[];
  readonly emulator?: boolean;
}

export interface SettingPlaces {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** mirror.yaml, relative to `cwd`. */
  readonly file: string | undefined;
}

/** @throws Fault */
export async function configFromFlags(flags: SettingFlags, { cwd, env, file }: SettingPlaces): Promise<MirrorConfig> {
  const path = (value: string) => resolve(cwd, value);
  const named = file === undefined ? undefined : path(file);
  const source = named === undefined ? "" : await readSource(named);
  // Checked alone first: a mistake in the file is reported with its name and line.
  if (named !== undefined) parseConfig(source, named);
  if ((flags.cert === undefined) !== (flags.key === undefined)) throw certWithoutKey();
  const given = defined({
    dir: flags.dir === undefined ? undefined : path(flags.dir),
    listen: flags.listen,
    url: flags.url?.replace(/\/+$/, ""),
    tls: flags.cert === undefined ? undefined : { cert: path(flags.cert), key: path(flags.key ?? "") },
    emulator: flags.emulator === true ? true : undefined,
  });
  const written: Record<string, unknown> = parse(source) ?? {};
  const connections = { ...(written.connections as object | undefined) };
  for (const text of flags.connection) Object.assign(connections, connectionIn(text, path));
  const settings = { dir: defaultDir(env), ...written, ...given, connections };
  return parseConfig(stringify(settings), named ?? "the command line");
}

async function readSource(file: string): Promise<string> {
  return await readFile(file, "utf8").catch(() => {
    throw settingsMissing("mirror", file);
  });
}

function connectionIn(text: string, path: (value: string) => string): Record<string, string> {
  const [, name, source] = /^([a-z0-9:-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || source === undefined) throw badConnection(text);
  return { [name]: /^https?:\/\//.test(source) ? source : path(source) };
}

function defaultDir(env: NodeJS.ProcessEnv): string {
  const data = env.XDG_DATA_HOME ?? "";
  return data.startsWith("/") ? join(data, "sallyport/mirror") : "~/.local/share/sallyport/mirror";
}
