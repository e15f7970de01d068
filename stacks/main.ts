/**
 * What cdktf.json runs: synthesizes what the sallyport.yaml found from here describes: the hosts, the
 * stack that follows a list if it says which, the lab's gateway and the private mirror if it has them.
 */

import { defined } from "../base/defined.js";
import { Fault } from "../base/fault.js";
import { loadConfig } from "../config/load.js";
import { prepareDeployment } from "./accelerator-hosts/prepare.js";
import { makesRules } from "./accelerator-hosts/rule-table.js";
import { buildStacks } from "./app.js";
import { prepareSync } from "./firewall-sync/prepare.js";
import { prepareLab } from "./lab-gateway/prepare.js";
import { prepareMirror } from "./private-mirror/prepare.js";

try {
  const { env } = process;
  const loaded = await loadConfig({ cwd: process.cwd(), env });
  for (const warning of loaded.warnings) console.error(`warning: ${warning}`);
  const { network, private_mirror } = loaded.config;
  const mirror =
    network === undefined && private_mirror === undefined ? {} : { mirror: await prepareMirror(loaded, { env }) };
  const onStep = (text: string) => console.error(`sallyport: ${text}`);
  const hosts = await prepareDeployment(loaded, { env, onStep }).catch((error: unknown) => {
    // What lives in the private network waits for it: the first time, it alone can be deployed.
    if (network === undefined || !(error instanceof Fault) || error.code !== "stacks/not-deployed") throw error;
    console.error(`warning: accelerator-hosts is left out: ${error.message}`);
    return undefined;
  });
  const warnings = hosts !== undefined && makesRules(hosts) ? hosts.table.warnings : [];
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const sync = loaded.config.firewall_sync === undefined ? {} : { sync: await prepareSync(loaded, { env }) };
  const lab = loaded.config.lab_gateway === undefined ? {} : { lab: await prepareLab(loaded, { env }) };
  buildStacks({ ...defined({ hosts }), ...sync, ...lab, ...mirror }).synth();
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.error(`error: ${error.message}`);
  if (error.hint !== undefined) console.error(`  ${error.hint}`);
  process.exitCode = error.exit;
}
