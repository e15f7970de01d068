/**
 * What `up` would refuse, as warnings: `cdktf` starts Terraform itself, whatever its app says, and with the user's own
 * variables.
 */
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import type { AnyStack } from "../descriptor.js";
import { askIdentity } from "../place/caller-identity.js";
import type { CallerIdentity } from "../place/place.js";
import { runPreflight } from "../preflight/preflight.js";
import { passedOnText, passingEnv } from "../terraform/passing-env.js";

export interface WarnOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly onWarning?: (text: string) => void;
}

/** @returns whose credentials these are. Undefined: AWS does not know, or cannot be reached. */
export async function warnCdktf(
  loaded: LoadedConfig,
  stacks: readonly AnyStack[],
  { env, signal, onWarning }: WarnOptions,
): Promise<CallerIdentity | undefined> {
  const { lost } = passingEnv(env);
  if (lost.length > 0) onWarning?.(passedOnText(lost));
  const { config } = loaded;
  const wanted = stacks.flatMap(({ machines }) => machines?.(config) ?? []);
  const names = stacks.map(({ name }) => name);
  const { findings, identity, refusal } = await runPreflight(loaded, { stacks: names, wanted, env, signal });
  for (const { state, found, mend } of findings) {
    if (state === "problem") onWarning?.([found, mend].filter(Boolean).join("\n  "));
  }
  // AWS did not answer in the time that the questions have.
  const isSlow = identity === undefined && refusal === undefined;
  return isSlow ? askIdentity(defined({ region: config.region, signal })).catch(() => undefined) : identity;
}
