/** The daemon's command line. It is bundled into one file, which systemd runs on a host. */

import { type LoggerOptions, pino } from "pino";
import { VERSION } from "../base/version.js";
import { checkCommand, type DaemonCommand, onHangup, runDaemon, untilStopped } from "../http/daemon/daemon.js";
import { accessLines } from "../http/server/access-log.js";
import { closeRoots, openRoots } from "./guard/roots.js";
import { startAgent } from "./serve.js";
import { loadConfig, loadKeyPair, loadToken } from "./settings/load.js";

/**
 * Lines are written in batches, because a system call for each would be a tenth of a small request. A line is at most
 * this old when it is written, so a SIGKILL loses no more than that.
 */
const LOG_MS = 200;
const LOG_BYTES = 8 * 1024;

async function serve(file: string): Promise<void> {
  const { log, access } = openLog();
  const config = await loadConfig(file);
  const agent = await startAgent(config, { env: process.env, log, access });
  onHangup(
    () => agent.reload(),
    (cause) => log.error({ event: "reload-failed", cause }),
  );
  log.info({ event: "stopping", signal: await untilStopped() });
  await agent.close();
  log.info({ event: "stopped" });
}

/** Many lines share a millisecond, and formatting it is a quarter of a line's cost. */
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

/** Checks everything that `serve` would refuse to start with, except a taken port. */
async function check(file: string): Promise<void> {
  const config = await loadConfig(file);
  await loadToken(config, process.env);
  await loadKeyPair(config, process.env);
  closeRoots(openRoots(config.authorized_host_dirs, process.env));
}

const fetchSecrets: DaemonCommand = {
  synopsis: "--config FILE --out DIR [--timeout SECONDS]",
  async run({ config: file, out, timeout }, refuse) {
    if (typeof out !== "string") throw refuse("fetch-secrets needs --out DIR");
    const seconds = Number(timeout);
    if (!(seconds > 0)) throw refuse(`--timeout is "${timeout}", not a number of seconds`);
    const config = await loadConfig(file);
    // The AWS SDK is most of the bundle; serving does not need it.
    const secrets = await import("./settings/fetch-secrets.js");
    return secrets.fetchSecrets(config, { file, out, seconds });
  },
};

runDaemon({
  room: "agent",
  version: VERSION,
  defaultConfig: "/etc/sallyport/agent.yaml",
  options: { out: { type: "string" }, timeout: { type: "string", default: "120" } },
  commands: {
    serve: { synopsis: "--config FILE", run: ({ config }) => serve(config) },
    check: checkCommand(check),
    "fetch-secrets": fetchSecrets,
  },
});
