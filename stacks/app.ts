import { App } from "cdktf";
import { AcceleratorHostsStack, EmptyHostsStack } from "./accelerator-hosts.js";
import type { DeploymentInputs, DeploymentTarget } from "./inputs.js";

export interface AppOptions {
  /** @default - as cdktf: `CDKTF_OUTDIR`, else `cdktf.out` */
  readonly outdir?: string;
}

/** The cdktf app of a deployment. Equal inputs synthesize to equal bytes. */
export function buildApp(inputs: DeploymentInputs, options: AppOptions = {}): App {
  const app = new App(options);
  new AcceleratorHostsStack(app, inputs);
  return app;
}

/** The app that takes a deployment down. */
export function buildTeardown(target: DeploymentTarget, options: AppOptions = {}): App {
  const app = new App(options);
  new EmptyHostsStack(app, target);
  return app;
}
