/** The daemon's command line. Bundled into one file; on a machine of its own, systemd runs it. */
import { parseArgs } from "node:util";
import { EXIT, Fault } from "../base/fault.js";
import { badArguments, unknownCommand } from "./errors.js";
import { openLog } from "./log.js";
import { startMirror } from "./serve.js";
import { loadConfig, loadKeyPair, readAccessKeys } from "./settings/load.js";
import { VERSION } from "./version.js";

const USAGE = `usage: mirror.mjs serve --config FILE
       mirror.mjs check --config FILE
       mirror.mjs --version`;

const DEFAULT_CONFIG = "/etc/sallyport/mirror.yaml";

async function serve(file: string): Promise<void> {
  const log = openLog(1);
  const stopped = new Promise<string>((resolve) => {
    // Not once(): while a child runs, execa listens as well, and ends the process where nobody else does any more.
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, resolve);
  });
  const mirror = await startMirror(await loadConfig(file, process.env), { env: process.env, log });
  process.on("SIGHUP", () => {
    mirror.reload().catch((error: unknown) => log.error({ event: "reload-failed", cause: text(error) }));
  });
  log.info({ event: "stopping", signal: await stopped });
  await mirror.close();
  log.info({ event: "stopped" });
}

/** What `serve` would refuse to start with, as far as files say it. */
async function check(file: string): Promise<void> {
  const config = await loadConfig(file, process.env);
  await loadKeyPair(config, process.env);
  if (config.access_keys !== undefined) await readAccessKeys(config, process.env);
  console.log(`"${file}" is in order`);
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, ...more] = positionals;
  if (values.version) return console.log(VERSION);
  if (values.help) return console.log(USAGE);
  if (command === undefined) throw badArguments("no command was given");
  if (more.length > 0) throw badArguments(`"${more.join(" ")}" is too much`);
  if (command === "serve") return serve(values.config);
  if (command === "check") return check(values.config);
  throw unknownCommand(command);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string", default: DEFAULT_CONFIG },
        version: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw badArguments(text(error).split(". ", 1)[0] ?? "");
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main(process.argv.slice(2)).then(
  () => process.exit(EXIT.ok),
  (error: unknown) => {
    const fault = error instanceof Fault ? error : new Fault("mirror/failed", text(error));
    console.error(`error: ${fault.message}`);
    if (fault.hint !== undefined) console.error(`  ${fault.hint}`);
    process.exit(fault.exit);
  },
);
