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
  /** @default - cdktf's own: `CDKTF_OUTDIR`, else `cdktf.out` */
  readonly outdir?: string;
}

/** The cdktf app of a deployment. Equal inputs synthesize to equal bytes. */
export function buildApp(inputs: DeploymentInputs, options: AppOptions = {}): App {
  return buildStacks([acceleratorHosts.with(inputs)], options);
}

/**
 * An app with these stacks and the guard: no security group may open a port to the world unless an option asked for it.
 */
export function buildStacks(stacks: readonly PreparedStack[], options: AppOptions = {}): App {
  const app = new App(options);
  for (const stack of stacks) stack.addTo(app);
  CallerOnly.guard(app, { allow: stacks.flatMap(({ rules }) => (rules === undefined ? [] : allowedBy(rules))) });
  return app;
}

/** The app that removes a stack. */
export function buildTeardown(stack: StackName, target: DeploymentTarget, options: AppOptions = {}): App {
  const app = new App(options);
  new EmptyStack(app, stack, target);
  return app;
}
