/** Plans and applies STACK of the project in the working directory, and reports in lines of JSON. */
import { Fault } from "../../base/fault.js";
import { loadConfig } from "../../config/load.js";
import { planUp } from "../../stacks/lifecycle/deploy.js";
import { stackNamed } from "../../stacks/registry.js";
import type { DeployReport } from "./deploy.js";

const say = (report: DeployReport) => console.log(JSON.stringify(report));
const { env } = process;
try {
  const loaded = await loadConfig({ cwd: process.cwd(), env });
  const { name } = stackNamed(process.argv[2] ?? "");
  const onStep = (step: string) => say({ step });
  const { changes, apply } = await planUp(loaded, { env, stack: name, onStep, onNote: onStep });
  await apply();
  const count = (...actions: string[]) => changes.filter(({ action }) => actions.includes(action)).length;
  say({
    result: {
      added: count("create", "replace"),
      changed: count("update"),
      destroyed: count("delete", "replace"),
    },
  });
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  for (const step of [error.message, error.hint].filter((text) => text !== undefined)) say({ step });
  process.exitCode = error.exit;
}
