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
  const { STACKS } = await import("../../stacks/registry.js");
  const { config } = loaded;
  const stacks = STACKS.filter(({ isConfigured }) => isConfigured(config));
  const wanted = stacks.flatMap(({ machines }) => machines?.(config) ?? []);
  const { findings } = await runPreflight(loaded, { stacks: stacks.map(({ name }) => name), wanted, env, signal });
  return findings.map(({ check, state, found, mend }) =>
    defined({ check: `aws ${check}`, state: state === "note" ? "optional" : state, found, mend }),
  );
}
