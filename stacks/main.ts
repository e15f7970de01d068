/** What cdktf.json runs: synthesizes the deployment that the sallyport.yaml found from here describes. */
import { Fault } from "../base/fault.js";
import { loadConfig } from "../config/load.js";
import { buildApp } from "./app.js";
import { prepareDeployment } from "./prepare.js";

try {
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env });
  for (const warning of loaded.warnings) console.error(`warning: ${warning}`);
  const inputs = await prepareDeployment(loaded, {
    env: process.env,
    onStep: (text) => console.error(`sallyport: ${text}`),
  });
  buildApp(inputs).synth();
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.error(`error: ${error.message}`);
  if (error.hint !== undefined) console.error(`  ${error.hint}`);
  process.exitCode = error.exit;
}
