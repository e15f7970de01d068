import { App } from "cdktf";
import { allowedBy } from "../firewall/guard/guard.js";
import { acceleratorHosts } from "./accelerator-hosts/descriptor.js";
import type { DeploymentInputs } from "./accelerator-hosts/inputs.js";
import { CallerOnly } from "./constructs/caller-only.js";
import type { PreparedStack } from "./descriptor.js";
import type { StackName } from "./names.js";
import type { DeploymentTarget } from "./prepare/target.js";
import { EmptyStack } from "./terraform/backend.js";

export interface AppOptions {
  /** @default - as cdktf: `CDKTF_OUTDIR`, else `cdktf.out` */
  readonly outdir?: string;
}

/** The cdktf app of a deployment. Equal inputs synthesize to equal bytes. */
export function buildApp(inputs: DeploymentInputs, options: AppOptions = {}): App {
  return buildStacks([acceleratorHosts.with(inputs)], options);
}

/** The app of these stacks, guarded: no security group may open to the world a port that no option asked for. */
export function buildStacks(stacks: readonly PreparedStack[], options: AppOptions = {}): App {
  const app = new App(options);
  for (const stack of stacks) stack.addTo(app);
  CallerOnly.guard(app, { allow: stacks.flatMap(({ rules }) => (rules === undefined ? [] : allowedBy(rules))) });
  return app;
}

/** The app that takes a stack down. */
export function buildTeardown(stack: StackName, target: DeploymentTarget, options: AppOptions = {}): App {
  const app = new App(options);
  new EmptyStack(app, stack, target);
  return app;
}
