/** The bucket of a deployment's runtime: the one in its state, or else the one that it will have. */
import { defined } from "../../base/defined.js";
import { bucketName, type StackName } from "../names.js";
import { managed, readState } from "../terraform/state.js";
import type { PrepareOptions } from "./options.js";
import type { DeploymentTarget } from "./target.js";

export async function runtimeBucket(
  { projectDir, projectId, region }: DeploymentTarget,
  stack: StackName,
  deployment: string,
  { account }: Pick<PrepareOptions, "account">,
): Promise<string> {
  const [existing] = managed((await readState(projectDir, stack)) ?? {}, "aws_s3_bucket");
  // Another name would replace the bucket, and with it every machine, whose boot script has the name.
  if (typeof existing?.bucket === "string") return existing.bucket;
  return bucketName(deployment, defined({ projectId, account, region }));
}
