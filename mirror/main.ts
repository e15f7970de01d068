/** The command line of the daemon, which is bundled into one file for systemd to run. */
import { VERSION } from "../base/version.js";
import { checkCommand, onHangup, runDaemon, untilStopped } from "../http/daemon/daemon.js";
import { openLog } from "./log.js";
import { startMirror } from "./serve.js";
import { loadConfig, loadKeyPair, readAccessKeys } from "./settings/load.js";

async function serve(file: string): Promise<void> {
  const log = openLog(1);
  const stopped = untilStopped();
  const mirror = await startMirror(await loadConfig(file, process.env), { env: process.env, log });
  onHangup(
    () => mirror.reload(),
    (cause) => log.error({ event: "reload-failed", cause }),
  );
  log.info({ event: "stopping", signal: await stopped });
  await mirror.close();
  log.info({ event: "stopped" });
}

/** Checks the files that `serve` reads at its start. */
async function check(file: string): Promise<void> {
  const config = await loadConfig(file, process.env);
  await loadKeyPair(config, process.env);
  if (config.access_keys !== undefined) await readAccessKeys(config, process.env);
}

runDaemon({
  room: "mirror",
  version: VERSION,
  defaultConfig: "/etc/sallyport/mirror.yaml",
  commands: {
    serve: { synopsis: "--config FILE", run: ({ config }) => serve(config) },
    check: checkCommand(check),
  },
});
