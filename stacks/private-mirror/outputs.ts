import { notDeployed } from "../errors.js";
import { MIRROR_STACK_NAME } from "../names.js";
import { readStateOutputs } from "../terraform/state.js";

/** Outputs of the stack `private-mirror`. They contain no token. */
export interface MirrorOutputs {
  readonly mirror_domain: string;
  /** Account that owns the domain. */
  readonly mirror_domain_owner: string;
  readonly mirror_repository: string;
  readonly mirror_region: string;
  /** URL for each format (`pypi`, `npm` …). */
  readonly mirror_endpoints: Readonly<Record<string, string>>;
  /** A command that configures pip or npm. */
  readonly mirror_login: string;
  /** Policy for roles that install packages. */
  readonly mirror_policy_arn: string;
  readonly mirror_readers: readonly string[];
  readonly network_vpc_id: string;
  readonly network_cidr: string;
  readonly network_subnet_ids: readonly string[];
  readonly network_security_group_id: string;
  /** Endpoint for each service (`codeartifact.api`, `ssm` …). */
  readonly network_endpoint_ids: Readonly<Record<string, string>>;
  /** Empty if nothing needs S3. */
  readonly network_s3_endpoint_id: string;
  readonly network_services: readonly string[];
  /** ARNs in the policy of the S3 endpoint. */
  readonly network_buckets: readonly string[];
}

/** @throws Fault `stacks/not-deployed` (exit status 3) if nothing is deployed. */
export async function readMirrorOutputs({ projectDir }: { readonly projectDir: string }): Promise<MirrorOutputs> {
  const values = await readStateOutputs(projectDir, MIRROR_STACK_NAME);
  if (values.mirror_repository === undefined) throw notDeployed(projectDir, MIRROR_STACK_NAME);
  return values as unknown as MirrorOutputs;
}

/** The outputs as text. */
export function mirrorOutputsText(outputs: MirrorOutputs): string {
  return [
    `packages       ${Object.values(outputs.mirror_endpoints).join(", ")}`,
    `for            ${outputs.mirror_readers.join(", ")}`,
    `their policy   ${outputs.mirror_policy_arn}`,
    `subnets        ${outputs.network_subnet_ids.join(", ")} (VPC ${outputs.network_vpc_id}, ${outputs.network_cidr})`,
    `ways out       ${outputs.network_services.join(", ")}${outputs.network_s3_endpoint_id === "" ? "" : ", s3"}`,
    `log in         ${outputs.mirror_login}`,
  ].join("\n");
}
