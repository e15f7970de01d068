/** The deployment's outputs in Terraform's state, for people and programs. */
import { TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import { shellWord } from "../../base/text/shell.js";
import { FirewallRules } from "../constructs/firewall-rules.js";
import type { HostAccess } from "../constructs/host-access.js";
import type { PlannedHost } from "./hosts.js";
import type { DeploymentInputs } from "./inputs.js";
import type { DeployedFleet, DeployedHost } from "./outputs.js";

/** A host with its addresses: texts, or references that Terraform resolves. */
export interface FoundHost {
  readonly host: PlannedHost;
  readonly instanceId: string;
  readonly publicIp: string;
  readonly privateIp: string;
  readonly instanceType: string;
  readonly address: string;
  readonly agentUrl: string;
  readonly sshUser: string;
}

export interface OutputOptions {
  readonly inputs: DeploymentInputs;
  readonly hosts: readonly FoundHost[];
  readonly fleet?: DeployedFleet;
  /** @default - none: every host existed already */
  readonly access?: HostAccess;
}

/** Outputs of one host, each with its description and its value. */
const PER_HOST = [
  ["hosts", "Every host with its addresses", (host: DeployedHost) => host],
  ["instance_ids", "EC2 instance of each host", ({ instance_id }: DeployedHost) => instance_id],
  ["agent_urls", "Where each host's agent answers", ({ agent_url }: DeployedHost) => agent_url],
  ["ssh_commands", "Paste one into a shell to log in", ({ ssh_command }: DeployedHost) => ssh_command],
] as const;

export function addOutputs(scope: Construct, { inputs, hosts, fleet, access }: OutputOptions): void {
  const output = (name: string, description: string, value: unknown) =>
    new TerraformOutput(scope, name, { value, description, staticId: true });
  const deployed = hosts.map((host) => deployedHost(host, inputs));
  for (const [name, description, of] of PER_HOST) {
    output(name, description, Object.fromEntries(deployed.map((host) => [host.name, of(host)])));
  }
  if (fleet !== undefined) {
    output("fleet", "The fleet, and how its machines are met", fleet);
    const { autoscaling_group_name } = fleet;
    output("autoscaling_group_name", "The group that starts and ends the fleet's machines", autoscaling_group_name);
  }
  if (access !== undefined) output("security_group_id", "The group that lets the callers in", access.securityGroupId);
  if (access instanceof FirewallRules && access.internalSecurityGroup !== undefined) {
    output("internal_security_group_id", "The group that lets the VPC in", access.internalSecurityGroup.id);
  }
  output("callers", "Who may reach the hosts", inputs.callers);
  output("certificate_fingerprint", "SHA-256 of the agents' certificate", inputs.tls?.fingerprint ?? "");
}

function deployedHost(found: FoundHost, { identity }: DeploymentInputs): DeployedHost {
  const { host, address, sshUser } = found;
  const key = identity === undefined ? "" : `-i ${shellWord(identity)} -o IdentitiesOnly=yes `;
  return {
    name: host.name,
    kind: host.kind,
    instance_id: found.instanceId,
    instance_type: found.instanceType,
    spot: host.kind === "new" && host.spot !== false,
    stop_mode: host.stopMode,
    public_ip: found.publicIp,
    private_ip: found.privateIp,
    agent_url: found.agentUrl,
    ssh_user: sshUser,
    ssh_command: `ssh ${key}${sshUser}@${address}`,
  };
}
