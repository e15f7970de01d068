/** Synthesis of a whole project: every stack in its sallyport.yaml. The app of cdktf.json does this. */
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { makeDir } from "../../base/fs/make-dir.js";
import type { LoadedConfig } from "../../config/load.js";
import { acceleratorHosts } from "../accelerator-hosts/descriptor.js";
import { buildStacks } from "../app.js";
import type { AnyStack, PreparedStack } from "../descriptor.js";
import { outDir, stackDir } from "../files.js";
import type { StackName } from "../names.js";
import { askIdentity } from "../place/caller-identity.js";
import { checkPlace } from "../place/check-place.js";
import { privateMirror } from "../private-mirror/descriptor.js";
import { STACKS } from "../registry.js";
import { guardWorkspace } from "../terraform/workspace-guard.js";
import { type WarnOptions, warnCdktf } from "./warn-cdktf.js";

export interface SynthesizeOptions extends WarnOptions {
  readonly onStep?: (text: string) => void;
}

export interface SynthesizedStack {
  readonly name: StackName;
  /** Holds `cdk.tf.json`. */
  readonly dir: string;
}

/**
 * Writes Terraform's JSON for every stack that is configured, and makes the keys and the certificate that it needs. Works
 * without AWS; a bucket that is new then is called otherwise, without the account. `cdktf` says in `CDKTF_OUTDIR` where it
 * looks for the stacks; what `up` would refuse is a warning then.
 *
 * @throws Fault for a workspace of the user's, and for what `up` refuses before it plans.
 */
export async function synthesizeProject(loaded: LoadedConfig, options: SynthesizeOptions): Promise<SynthesizedStack[]> {
  const { env, signal, onStep, onWarning } = options;
  guardWorkspace(env);
  const stacks = STACKS.filter(({ isConfigured }) => isConfigured(loaded.config));
  const identity =
    env.CDKTF_OUTDIR === undefined
      ? await askIdentity(defined({ region: loaded.config.region, signal })).catch(() => undefined)
      : await warnCdktf(loaded, stacks, options);
  const given = defined({ env, account: identity?.account });
  const prepare = async (stack: AnyStack): Promise<PreparedStack | undefined> => {
    if (stack.name !== acceleratorHosts.name) return stack.prepareStack(loaded, given);
    try {
      const hosts = await stack.prepareStack(loaded, { ...given, ...defined({ onStep }) });
      for (const warning of hosts.rules?.warnings ?? []) onWarning?.(warning);
      return hosts;
    } catch (error) {
      // Hosts in the private network depend on it, so at first it can only be deployed alone.
      const waits = loaded.config.network !== undefined && error instanceof Fault;
      if (!waits || error.code !== "stacks/not-deployed") throw error;
      onWarning?.(`${stack.name} is left out: ${error.message}`);
      return undefined;
    }
  };

  await checkPlace(
    loaded,
    stacks.map(({ name }) => name),
    defined({ identity }),
  );
  const prepared = new Map<AnyStack, PreparedStack | undefined>();
  // The network comes first: a mistake in it explains the errors of the stacks inside it.
  const inOrder = [privateMirror, ...STACKS].filter((stack: AnyStack) => stacks.includes(stack));
  for (const stack of new Set<AnyStack>(inOrder)) prepared.set(stack, await prepare(stack));
  const outdir = env.CDKTF_OUTDIR ?? outDir(loaded.projectDir);
  await makeDir(outdir);
  buildStacks(
    stacks.flatMap((stack) => prepared.get(stack) ?? []),
    { outdir },
  ).synth();
  return stacks
    .filter((stack) => prepared.get(stack) !== undefined)
    .map(({ name }) => ({ name, dir: stackDir(outdir, name) }));
}
