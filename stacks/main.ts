/** The app of cdktf.json: synthesizes every stack in the sallyport.yaml that is found from here. */
import { defined } from "../base/defined.js";
import { Fault } from "../base/fault.js";
import { loadConfig } from "../config/load.js";
import { acceleratorHosts } from "./accelerator-hosts/descriptor.js";
import { buildStacks } from "./app.js";
import type { AnyStack, PreparedStack } from "./descriptor.js";
import { askIdentity } from "./place/caller-identity.js";
import { checkPlace } from "./place/check-place.js";
import { privateMirror } from "./private-mirror/descriptor.js";
import { STACKS } from "./registry.js";
import { guardWorkspace } from "./terraform/workspace-guard.js";

try {
  const { env } = process;
  guardWorkspace(env);
  const loaded = await loadConfig({ cwd: process.cwd(), env });
  const warn = (text: string) => console.error(`warning: ${text}`);
  const onStep = (text: string) => console.error(`sallyport: ${text}`);
  loaded.warnings.forEach(warn);

  // Synthesis works without AWS. A bucket that is new then is called otherwise, without the account.
  const identity = await askIdentity({ region: loaded.config.region }).catch(() => undefined);
  const options = defined({ env, account: identity?.account });
  const prepare = async (stack: AnyStack): Promise<PreparedStack | undefined> => {
    if (stack.name !== acceleratorHosts.name) return stack.prepareStack(loaded, options);
    try {
      const hosts = await stack.prepareStack(loaded, { ...options, onStep });
      hosts.rules?.warnings.forEach(warn);
      return hosts;
    } catch (error) {
      // Hosts in the private network depend on it, so at first it can only be deployed alone.
      const waits = loaded.config.network !== undefined && error instanceof Fault;
      if (!waits || error.code !== "stacks/not-deployed") throw error;
      warn(`${stack.name} is left out: ${error.message}`);
      return undefined;
    }
  };

  const configured = STACKS.filter(({ isConfigured }) => isConfigured(loaded.config)).map(({ name }) => name);
  await checkPlace(loaded, configured, defined({ identity }));
  const prepared = new Map<AnyStack, PreparedStack | undefined>();
  // The network comes first: a mistake in it explains the errors of the stacks inside it.
  for (const stack of new Set<AnyStack>([privateMirror, ...STACKS])) {
    if (stack.isConfigured(loaded.config)) prepared.set(stack, await prepare(stack));
  }
  buildStacks(STACKS.flatMap((stack) => prepared.get(stack) ?? [])).synth();
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.error(`error: ${error.message}`);
  if (error.hint !== undefined) console.error(`  ${error.hint}`);
  process.exitCode = error.exit;
}
