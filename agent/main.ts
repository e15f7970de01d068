/** The daemon's command line. Bundled into one file; on a host, systemd runs it. */
import { parseArgs } from "node:util";
import { type LoggerOptions, pino } from "pino";
import { EXIT, Fault } from "../base/fault.js";
import { accessLines } from "../http/access-log.js";
import { badArguments, unknownCommand } from "./errors.js";
import { closeRoots, openRoots } from "./guard/roots.js";
import { startAgent } from "./serve.js";
import { loadConfig, loadKeyPair, loadToken } from "./settings/load.js";
import { VERSION } from "./version.js";

const USAGE = `usage: agent.mjs serve --config FILE
       agent.mjs check --config FILE
       agent.mjs fetch-secrets --config FILE --out DIR [--timeout SECONDS]
       agent.mjs --version`;

/**
 * Lines are written together: a system call for each would be a tenth of a small request. A line is at most
 * this old when it is written; that is what a SIGKILL can lose.
 */
const LOG_MS = 200;
const LOG_BYTES = 8 * 1024;

const DEFAULT_CONFIG = "/etc/sallyport/agent.yaml";

async function serve(file: string): Promise<void> {
  const { log, access } = openLog();
  const config = await loadConfig(file);
  const agent = await startAgent(config, { env: process.env, log, access });
  process.on("SIGHUP", () => {
    agent.reload().catch((error: unknown) => log.error({ event: "reload-failed", cause: text(error) }));
  });
  const signal = await new Promise<string>((resolve) => {
    // Not once(): while a child runs, execa listens as well, and ends the process where nobody else does any more.
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, resolve);
  });
  log.info({ event: "stopping", signal });
  await agent.close();
  log.info({ event: "stopped" });
}

/** Many lines have the same millisecond, and formatting it is a quarter of a line's cost. */
function isoTime(): () => string {
  let at = 0;
  let text = "";
  return () => {
    const now = Date.now();
    if (now !== at) text = `,"time":"${new Date(now).toISOString()}"`;
    at = now;
    return text;
  };
}

/** JSON lines on stdout. */
function openLog() {
  const stdout = pino.destination({ dest: 1, sync: true, minLength: LOG_BYTES, periodicFlush: LOG_MS });
  process.once("exit", () => stdout.flushSync());
  const time = isoTime();
  const options: LoggerOptions = {
    base: null,
    messageKey: "message",
    timestamp: time,
    formatters: { level: (level) => ({ level }) },
  };
  return { log: pino(options, stdout), access: accessLines((line) => stdout.write(line), time) };
}

/** Everything that `serve` would refuse to start with, except a taken port. */
async function check(file: string): Promise<void> {
  const config = await loadConfig(file);
  await loadToken(config, process.env);
  await loadKeyPair(config, process.env);
  closeRoots(openRoots(config.authorized_host_dirs, process.env));
  console.log(`"${file}" is in order`);
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, ...more] = positionals;
  if (values.version) return console.log(VERSION);
  if (values.help) return console.log(USAGE);
  if (command === undefined) throw badArguments("no command was given");
  if (more.length > 0) throw badArguments(`"${more.join(" ")}" is too much`);
  switch (command) {
    case "serve":
      return serve(values.config);
    case "check":
      return check(values.config);
    case "fetch-secrets": {
      if (values.out === undefined) throw badArguments("fetch-secrets needs --out DIR");
      const seconds = Number(values.timeout);
      if (!(seconds > 0)) throw badArguments(`--timeout is "${values.timeout}", not a number of seconds`);
      const config = await loadConfig(values.config);
      // The AWS SDK is most of the bundle; serving does not need it.
      const { fetchSecrets } = await import("./secrets/fetch.js");
      return fetchSecrets(config, { file: values.config, out: values.out, seconds });
    }
    default:
      throw unknownCommand(command);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string", default: DEFAULT_CONFIG },
        out: { type: "string" },
        timeout: { type: "string", default: "120" },
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
    const fault = error instanceof Fault ? error : new Fault("agent/failed", text(error));
    console.error(`error: ${fault.message}`);
    if (fault.hint !== undefined) console.error(`  ${fault.hint}`);
    process.exit(fault.exit);
  },
);
