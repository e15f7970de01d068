import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { LocalBackend, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import { statePath } from "../files.js";
import { PROJECT_TAG, type StackName } from "../names.js";
import type { DeploymentTarget } from "../prepare/target.js";

/** Configures the state's location, and the provider's account and region. */
export function addProvider(
  stack: TerraformStack,
  name: StackName,
  target: DeploymentTarget,
  options: { readonly maxRetries?: number } = {},
): void {
  // The path that cdktf itself uses in the project's directory.
  new LocalBackend(stack, { path: statePath(target.projectDir, name) });
  new AwsProvider(stack, "Aws", {
    ...options,
    region: target.region,
    defaultTags: [
      {
        tags: {
          Project: target.name,
          ManagedBy: "sallyport",
          ...target.tags,
          ...defined({ [PROJECT_TAG]: target.projectId }),
        },
      },
    ],
    ...defined({ s3UsePathStyle: target.endpointUrl === undefined ? undefined : true }),
  });
}

/** An empty stack: applying it destroys everything in its state, without key, certificate or caller. */
export class EmptyStack extends TerraformStack {
  constructor(scope: Construct, name: StackName, target: DeploymentTarget) {
    super(scope, name);
    addProvider(this, name, target);
  }
}
