import { App } from "cdktf";
import { allowedBy } from "../firewall/guard/guard.js";
import type { DeploymentInputs, DeploymentTarget } from "./accelerator-hosts/inputs.js";
import { AcceleratorHostsStack } from "./accelerator-hosts/stack.js";
import { CallerOnly } from "./constructs/caller-only.js";
import type { FirewallSyncInputs } from "./firewall-sync/inputs.js";
import { FirewallSyncStack } from "./firewall-sync/stack.js";
import type { LabGatewayInputs } from "./lab-gateway/inputs.js";
import { LabGatewayStack } from "./lab-gateway/stack.js";
import type { StackName } from "./names.js";
import type { PrivateMirrorInputs } from "./private-mirror/inputs.js";
import { PrivateMirrorStack } from "./private-mirror/stack.js";
import { EmptyStack } from "./provider.js";

export interface AppOptions {
  /** @default - as cdktf: `CDKTF_OUTDIR`, else `cdktf.out` */
  readonly outdir?: string;
}

/** What an app is made of: the stacks that are there, and what each of them needs. */
export interface AppInputs {
  readonly hosts?: DeploymentInputs;
  readonly sync?: FirewallSyncInputs;
  readonly lab?: LabGatewayInputs;
  readonly mirror?: PrivateMirrorInputs;
}

/** The cdktf app of a deployment. Equal inputs synthesize to equal bytes. */
export function buildApp(inputs: DeploymentInputs, options: AppOptions = {}): App {
  return buildStacks({ hosts: inputs }, options);
}

/** No group of any stack may open to the world what no option asked for, whoever adds one later. */
export function buildStacks({ hosts, sync, lab, mirror }: AppInputs, options: AppOptions = {}): App {
  const app = new App(options);
  if (hosts !== undefined) new AcceleratorHostsStack(app, hosts);
  if (sync !== undefined) new FirewallSyncStack(app, sync);
  if (lab !== undefined) new LabGatewayStack(app, lab);
  if (mirror !== undefined) new PrivateMirrorStack(app, mirror);
  CallerOnly.guard(app, {
    allow: [hosts, lab].flatMap((inputs) => (inputs === undefined ? [] : allowedBy(inputs.table))),
  });
  return app;
}

/** The app that takes a stack down. */
export function buildTeardown(stack: StackName, target: DeploymentTarget, options: AppOptions = {}): App {
  const app = new App(options);
  new EmptyStack(app, stack, target);
  return app;
}
