/** The repository of a command: from its flags, else from the stack private-mirror. */
import type { Command } from "commander";
import { defined } from "../../../base/defined.js";
import type { RepositoryFlags, RepositoryRef } from "../../../mirror/login/repository-ref.js";
import { repositoryRef } from "../../../mirror/login/repository-ref.js";
import type { Context } from "../../context.js";

export function withRepositoryFlags(command: Command): Command {
  return command
    .option("--domain <name>", "CodeArtifact domain (default: that of the stack private-mirror)")
    .option("--domain-owner <account>", "AWS account that owns the domain, 12 digits")
    .option("--repository <name>", "repository in the domain")
    .option("--region <region>", "AWS region (default: AWS_REGION, then the profile)")
    .option(
      "--endpoint-url <url>",
      "where CodeArtifact's API answers (default: AWS_ENDPOINT_URL_CODEARTIFACT, else AWS)",
    );
}

/** @throws Fault `mirror/arn-as-name`, `mirror/bad-…`, `stacks/not-deployed` */
export async function readRepository(context: Context, flags: RepositoryFlags): Promise<RepositoryRef> {
  if (flags.domain !== undefined || flags.repository !== undefined) return repositoryRef(flags);
  const { readMirrorOutputs } = await import("../../../stacks/private-mirror/outputs.js");
  const outputs = await readMirrorOutputs(await context.config());
  return repositoryRef({
    domain: outputs.mirror_domain,
    repository: outputs.mirror_repository,
    region: outputs.mirror_region,
    ...defined({ domainOwner: outputs.mirror_domain_owner === "" ? undefined : outputs.mirror_domain_owner }),
    ...flags,
  });
}
