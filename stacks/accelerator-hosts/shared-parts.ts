/** Shared by all new hosts of a deployment: access, key pair and agent. */
import { DataAwsSubnet } from "@cdktf/provider-aws/lib/data-aws-subnet/index.js";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc/index.js";
import type { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import { FirewallRules } from "../constructs/firewall-rules.js";
import { existingGroup, type HostAccess } from "../constructs/host-access.js";
import { HostAgent } from "../constructs/host-agent.js";
import { addKeyPair, type ExistingKeyPair, type KeyPair } from "../constructs/key-pair.js";
import type { ProvisionedInputs } from "./inputs.js";
import { letsVpcIn } from "./rule-table.js";

export interface SharedParts {
  readonly inputs: ProvisionedInputs;
  /** The VPC as a reference; undefined where nothing needs it. */
  readonly vpcId: string | undefined;
  readonly access: HostAccess;
  readonly keyPair: KeyPair | ExistingKeyPair;
  readonly agent: HostAgent;
}

/** The ids are older than the options; others would replace what is in use. */
export function addSharedParts(stack: Construct, inputs: ProvisionedInputs): SharedParts {
  const deployment = `${inputs.name}-${inputs.suffix}`;
  return {
    inputs,
    ...addAccess(stack, inputs, deployment),
    keyPair: addKeyPair(stack, "KeyPair", { name: deployment, key: inputs.sshKey }),
    agent: new HostAgent(
      stack,
      "Agent",
      defined({
        deployment,
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
    // Only a fleet without subnets of its own has to know the VPC.
    const vpcId = fleet === undefined ? undefined : addNetwork(stack, inputs, false).vpcId;
    return { vpcId, access: existingGroup(securityGroup) };
  }
  const { table } = inputs;
  const network = addNetwork(stack, inputs, letsVpcIn(table));
  return { vpcId: network.vpcId, access: new FirewallRules(stack, "CallerAccess", { ...network, table, deployment }) };
}

/** The VPC and, if a rule needs it, its range: known to Terraform alone. */
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

/** All machines of a deployment share a group and so a VPC: any of their subnets tells which, if all have one. */
function anySubnet({ fleet, subnetId, hosts }: ProvisionedInputs): string | undefined {
  const own = hosts.flatMap((host) => (host.kind === "new" ? [host.subnetId] : []));
  return fleet?.subnetIds?.[0] ?? subnetId ?? (own.includes(undefined) ? undefined : own[0]);
}
