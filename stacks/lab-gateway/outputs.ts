import { notDeployed } from "../errors.js";
import { LAB_STACK_NAME } from "../names.js";
import { readStateOutputs } from "../terraform/state.js";

/** Outputs of the stack `lab-gateway`. */
export interface LabOutputs {
  readonly gateway_url: string;
  readonly public_ip: string;
  readonly instance_id: string;
  readonly vpc_id: string;
  readonly lab_subnet_ids: readonly string[];
  readonly security_group_id: string;
  readonly lab_security_group_id: string;
  readonly callers: readonly string[];
  readonly certificate_fingerprint: string;
  readonly ssh_command: string;
  /** A command for the reader to complete and run. It contains no token. */
  readonly token_command: string;
  readonly connect_command: string;
}

/** @throws Fault `stacks/not-deployed` (exit status 3) if nothing is deployed. */
export async function readLabOutputs({ projectDir }: { readonly projectDir: string }): Promise<LabOutputs> {
  const values = await readStateOutputs(projectDir, LAB_STACK_NAME);
  if (values.gateway_url === undefined) throw notDeployed(projectDir, LAB_STACK_NAME);
  return values as unknown as LabOutputs;
}

/** The outputs as text. */
export function labOutputsText(outputs: LabOutputs): string {
  return [
    `gateway        ${outputs.gateway_url}`,
    `machine        ${outputs.instance_id}`,
    `log in         ${outputs.ssh_command}`,
    `lab's subnets  ${outputs.lab_subnet_ids.join(", ")} (VPC ${outputs.vpc_id})`,
    `callers        ${outputs.callers.join(", ")} (security group ${outputs.security_group_id})`,
    `certificate    SHA-256 ${outputs.certificate_fingerprint}`,
    `a token        ${outputs.token_command}`,
    `a way in       ${outputs.connect_command}`,
  ].join("\n");
}
