/** What AWS says to these credentials and this configuration: the questions that `plan` and `up` ask first. */
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import type { Row } from "./row.js";

export async function awsRows(
  loaded: Pick<LoadedConfig, "config" | "projectDir" | "placeOf">,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Row[]> {
  const { runPreflight } = await import("../../stacks/preflight/preflight.js");
  const { wantedGateway, wantedHosts } = await import("../../stacks/preflight/wanted.js");
  const { STACK_NAME } = await import("../../stacks/names.js");
  const { config } = loaded;
  const wanted = [...wantedHosts(config), ...(config.lab_gateway === undefined ? [] : wantedGateway(config))];
  const { findings } = await runPreflight(loaded, { stack: STACK_NAME, wanted, env, signal });
  return findings.map(({ check, state, found, mend }) =>
    defined({ check: `aws ${check}`, state: state === "note" ? "optional" : state, found, mend }),
  );
}
