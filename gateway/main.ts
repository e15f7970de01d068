/** The daemon's command line. Bundled into one file; on a gateway, systemd runs it. */

import { pino } from "pino";
import { VERSION } from "../base/version.js";
import { checkCommand, onHangup, runDaemon, untilStopped } from "../http/daemon/daemon.js";
import { openKeys } from "./auth/keys.js";
import { checkInterface } from "./interfaces.js";
import { gatewayPage } from "./page/serve-page.js";
import { startGateway } from "./serve.js";
import { gatewayFiles, loadConfig, loadKeyPair } from "./settings/load.js";

async function serve(file: string): Promise<void> {
  const log = pino({
    base: null,
    messageKey: "message",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  });
  const stopped = untilStopped();
  const gateway = await startGateway(await loadConfig(file, process.env), {
    env: process.env,
    log,
    assets: gatewayPage(),
  });
  onHangup(
    () => gateway.reload(),
    (cause) => log.error({ event: "reload-failed", cause }),
  );
  log.info({ event: "stopping", signal: await stopped });
  await gateway.close();
  log.info({ event: "stopped" });
}

/** Checks the files and interfaces that `serve` needs, without touching the database or the kernel. */
async function check(file: string): Promise<void> {
  const config = await loadConfig(file, process.env);
  await loadKeyPair(config, process.env);
  await openKeys(config.auth, { files: gatewayFiles(process.env) });
  await checkInterface("wan", config);
  await checkInterface("lan", config);
}

runDaemon({
  room: "gateway",
  version: VERSION,
  defaultConfig: "/etc/sallyport/gateway.yaml",
  commands: {
    serve: { synopsis: "--config FILE", run: ({ config }) => serve(config) },
    check: checkCommand(check),
  },
});
