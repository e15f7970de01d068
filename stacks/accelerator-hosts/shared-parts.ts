/** The resources that all new hosts of a deployment share: access, key pair and agent. */
import { DataAwsSubnet } from "@cdktf/provider-aws/lib/data-aws-subnet/index.js";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc/index.js";
import type { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import { FirewallRules } from "../constructs/firewall-rules.js";
import { existingGroup, type HostAccess } from "../constructs/host-access.js";
import { HostAgent } from "../constructs/host-agent.js";
import { addKeyPair, type ExistingKeyPair, type KeyPair } from "../constructs/key-pair.js";
import { hostsDeployment } from "../names.js";
import type { ProvisionedInputs } from "./inputs.js";
import { letsVpcIn } from "./rule-table.js";

export interface SharedParts {
  readonly inputs: ProvisionedInputs;
  /** The VPC as a reference; undefined if nothing needs it. */
  readonly vpcId: string | undefined;
  readonly access: HostAccess;
  readonly keyPair: KeyPair | ExistingKeyPair;
  readonly agent: HostAgent;
}

/** These ids are older than the options. Other ids would replace resources in use. */
export function addSharedParts(stack: Construct, inputs: ProvisionedInputs): SharedParts {
  const deployment = hostsDeployment(inputs.name, inputs.suffix);
  return {
    inputs,
    ...addAccess(stack, inputs, deployment),
    keyPair: addKeyPair(stack, "KeyPair", { name: deployment, key: inputs.sshKey }),
    agent: new HostAgent(
      stack,
      "Agent",
      defined({
        deployment,
        bucket: inputs.runtimeBucket,
        region: inputs.region,
        runtime: inputs.runtime,
        directories: inputs.directories,
        serveAddresses: inputs.serveAddresses,
        buckets: inputs.buckets,
        tls: inputs.tls,
        token: inputs.token,
        role: inputs.role,
        policies: inputs.policies,
        settings: inputs.settings,
        init: inputs.init,
        endpointUrl: inputs.endpointUrl,
      }),
    ),
  };
}

function addAccess(
  stack: Construct,
  inputs: ProvisionedInputs,
  deployment: string,
): { vpcId: string | undefined; access: HostAccess } {
  const { securityGroup, fleet } = inputs;
  if (securityGroup !== undefined) {
    // Only a fleet without subnets of its own needs the VPC.
    const vpcId = fleet === undefined ? undefined : addNetwork(stack, inputs, false).vpcId;
    return { vpcId, access: existingGroup(securityGroup) };
  }
  const { table } = inputs;
  const network = addNetwork(stack, inputs, letsVpcIn(table));
  return { vpcId: network.vpcId, access: new FirewallRules(stack, "CallerAccess", { ...network, table, deployment }) };
}

/** The VPC and, if a rule needs it, its CIDR. Only Terraform knows these values. */
function addNetwork(
  stack: Construct,
  inputs: ProvisionedInputs,
  needsRange: boolean,
): { vpcId: string; vpcCidr?: string } {
  const { vpcId } = inputs;
  const subnetId = vpcId === undefined ? anySubnet(inputs) : undefined;
  const id = vpcId ?? (subnetId && new DataAwsSubnet(stack, "Subnet", { id: subnetId }).vpcId);
  if (id === undefined) {
    const vpc = new DataAwsVpc(stack, "DefaultVpc", { default: true });
    return { vpcId: vpc.id, vpcCidr: vpc.cidrBlock };
  }
  return needsRange ? { vpcId: id, vpcCidr: new DataAwsVpc(stack, "Vpc", { id }).cidrBlock } : { vpcId: id };
}

/**
 * All machines of a deployment share a security group and therefore a VPC. If all have a subnet, any of them identifies
 * it.
 */
function anySubnet({ fleet, subnetId, hosts }: ProvisionedInputs): string | undefined {
  const own = hosts.flatMap((host) => (host.kind === "new" ? [host.subnetId] : []));
  return fleet?.subnetIds?.[0] ?? subnetId ?? (own.includes(undefined) ? undefined : own[0]);
}
