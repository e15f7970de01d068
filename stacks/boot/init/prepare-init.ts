/** Reads and checks `init_script` and `init_config` before anything is created. */
import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { defined } from "../../../base/defined.js";
import { errno } from "../../../base/fault.js";
import type { ConfigKey, LoadedConfig } from "../../../config/load.js";
import * as errors from "./errors.js";
import type { InitFiles } from "./init-files.js";
import { initScript } from "./script.js";
import { type Scrubbed, scrubIni, scrubValues, scrubYaml } from "./scrub.js";

/**
 * Keys about the host itself. Callers, the number of hosts and local paths are left out: changing those must not
 * replace the machine.
 */
const HOST_SIDE = [
  ...["name", "region", "auth", "authorized_host_dirs", "serve_addresses", "buckets", "tags"],
  ...["accelerators", "autostop", "stop_mode", "agent_limits", "host_name_prefix"],
] as readonly ConfigKey[];

/** A longer file cannot fit EC2's user data, even without its comments. */
const MAX_BYTES = 256 * 1024;

/** @returns undefined if neither option is set. */
export async function prepareInit(
  { config, origins }: LoadedConfig,
  onStep: (text: string) => void,
): Promise<InitFiles | undefined> {
  const { init_script, init_config } = config;
  const script = init_script === undefined ? undefined : await readScript(init_script, onStep);
  let file: InitFiles["config"];
  if (init_config === true) {
    const values = Object.fromEntries(
      HOST_SIDE.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]])),
    );
    const place = (pointer: string) => origins[(pointer.split("/")[1] ?? "") as ConfigKey]?.where ?? "built in";
    file = { name: "sallyport.yaml", text: told(scrubValues(values, place), onStep) };
  } else if (typeof init_config === "string") {
    file = await readConfig(init_config, onStep);
  }
  if (script === undefined && file === undefined) return undefined;
  return defined({ script, config: file });
}

async function readScript(path: string, onStep: (text: string) => void): Promise<string> {
  const { text, suspicious } = initScript(await readText("init_script", path), basename(path));
  if (suspicious.length > 0) {
    onStep(`init_script may hold secrets, which every program on the host can read: ${suspicious.join(", ")}`);
  }
  return text;
}

async function readConfig(path: string, onStep: (text: string) => void): Promise<NonNullable<InitFiles["config"]>> {
  const text = await readText("init_config", path);
  switch (extname(path).toLowerCase()) {
    case ".conf":
    case ".ini":
      return { name: "accelerator.conf", text: told(scrubIni(text, basename(path)), onStep) };
    case ".yaml":
    case ".yml":
      return { name: "sallyport.yaml", text: told(scrubYaml(text, basename(path)), onStep) };
    default:
      throw errors.unknownKind(path);
  }
}

function told({ text, takenOut }: Scrubbed, onStep: (text: string) => void): string {
  if (takenOut.length > 0) onStep(`init_config goes without what looks like a secret: ${takenOut.join(", ")}`);
  return text;
}

async function readText(key: string, path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw errors.unreadable(key, path, errno(error) ?? String(error), error);
  });
  if (bytes.length > MAX_BYTES) throw errors.tooLarge(key, path, bytes.length, MAX_BYTES);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw errors.notText(key, path);
  }
}
