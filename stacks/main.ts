/**
 * What cdktf.json runs: synthesizes what the sallyport.yaml found from here describes: the hosts, the
 * stack that follows a list if it says which, and the lab's gateway if it has one.
 */
import { Fault } from "../base/fault.js";
import { loadConfig } from "../config/load.js";
import { buildStacks } from "./app.js";
import { agentPort, deploymentTable, makesRules, tableWarnings } from "./firewall.js";
import { prepareDeployment } from "./prepare.js";
import { prepareLab } from "./prepare-lab.js";
import { prepareSync } from "./prepare-sync.js";

try {
  const { env } = process;
  const loaded = await loadConfig({ cwd: process.cwd(), env });
  for (const warning of loaded.warnings) console.error(`warning: ${warning}`);
  const hosts = await prepareDeployment(loaded, { env, onStep: (text) => console.error(`sallyport: ${text}`) });
  const warnings = makesRules(hosts) ? tableWarnings(deploymentTable(hosts), hosts.firewall, agentPort(hosts)) : [];
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const sync = loaded.config.firewall_sync === undefined ? {} : { sync: await prepareSync(loaded, { env }) };
  const lab = loaded.config.lab_gateway === undefined ? {} : { lab: await prepareLab(loaded, { env }) };
  buildStacks({ hosts, ...sync, ...lab }).synth();
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.error(`error: ${error.message}`);
  if (error.hint !== undefined) console.error(`  ${error.hint}`);
  process.exitCode = error.exit;
}
