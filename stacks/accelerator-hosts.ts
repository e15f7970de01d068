import { DataAwsSubnet } from "@cdktf/provider-aws/lib/data-aws-subnet/index.js";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc/index.js";
import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { deploymentTable, letsVpcIn } from "./firewall.js";
import { addFleet, type DeployedFleet } from "./fleet.js";
import type { DeploymentInputs } from "./inputs.js";
import { hostNames, STACK_NAME } from "./names.js";
import { AcceleratorHost } from "./parts/accelerator-host.js";
import { FirewallRules } from "./parts/firewall-rules.js";
import { HostAgent } from "./parts/host-agent.js";
import { ExistingKeyPair, KeyPair } from "./parts/key-pair.js";
import { MachineImage } from "./parts/machine-image.js";
import { addProvider } from "./provider.js";
import { shellWord } from "./shell.js";

/** One or more accelerator hosts behind one door: what `sallyport up` and `cdktf deploy` provision. */
export class AcceleratorHostsStack extends TerraformStack {
  constructor(scope: Construct, inputs: DeploymentInputs) {
    super(scope, STACK_NAME);
    const deployment = `${inputs.name}-${inputs.suffix}`;
    addProvider(this, STACK_NAME, inputs);

    const table = deploymentTable(inputs);
    // The id is older than the options; another one would replace a group that is in use.
    const network = this.#network(inputs, letsVpcIn(table));
    const access = new FirewallRules(this, "CallerAccess", {
      ...network,
      table,
      deployment,
    });
    const { publicKey, ec2Name = "" } = inputs.sshKey;
    const keyPair =
      publicKey === undefined
        ? new ExistingKeyPair(this, "KeyPair", { name: ec2Name })
        : new KeyPair(this, "KeyPair", { name: deployment, publicKey });
    const agent = new HostAgent(this, "Agent", {
      deployment,
      region: inputs.region,
      runtime: inputs.runtime,
      directories: inputs.directories,
      serveAddresses: inputs.serveAddresses,
      buckets: inputs.buckets,
      ...(inputs.tls === undefined ? {} : { tls: inputs.tls }),
      ...(inputs.token === undefined ? {} : { token: inputs.token }),
      ...(inputs.endpointUrl === undefined ? {} : { endpointUrl: inputs.endpointUrl }),
    });
    const image = new MachineImage(this, "Image", { ami: inputs.ami });
    // From outside nobody gets in, so the public address would be no use.
    const privateAddress = inputs.firewall.options.disable_public_ingress === true;
    const { fleet } = inputs;
    if (fleet !== undefined) {
      const { keyName } = keyPair;
      const shared = { access, keyName, agent, image, vpcId: network.vpcId, privateAddress };
      this.#outputs(inputs, access, [], addFleet(this, fleet, inputs, shared));
      return;
    }
    const hosts = hostNames(inputs.count).map(
      (name) =>
        new AcceleratorHost(this, name, {
          access,
          keyPair,
          agent,
          image,
          instanceType: inputs.instanceType,
          rootVolumeGib: inputs.rootVolumeGib,
          privateAddress,
          ...(inputs.subnetId === undefined ? {} : { subnetId: inputs.subnetId }),
        }),
    );
    this.#outputs(inputs, access, hosts);
  }

  /** The VPC and, if a rule needs it, its range: known to Terraform alone. */
  #network(inputs: DeploymentInputs, needsRange: boolean): { vpcId: string; vpcCidr?: string } {
    const { vpcId, fleet } = inputs;
    const subnetId = fleet?.subnetIds?.[0] ?? inputs.subnetId;
    const id = vpcId ?? (subnetId && new DataAwsSubnet(this, "Subnet", { id: subnetId }).vpcId);
    if (id === undefined) {
      const vpc = new DataAwsVpc(this, "DefaultVpc", { default: true });
      return { vpcId: vpc.id, vpcCidr: vpc.cidrBlock };
    }
    return needsRange ? { vpcId: id, vpcCidr: new DataAwsVpc(this, "Vpc", { id }).cidrBlock } : { vpcId: id };
  }

  #outputs(
    inputs: DeploymentInputs,
    access: FirewallRules,
    hosts: readonly AcceleratorHost[],
    fleet?: DeployedFleet,
  ): void {
    const output = (name: string, description: string, value: unknown) =>
      new TerraformOutput(this, name, { value, description, staticId: true });
    const { identity } = inputs.sshKey;
    const key = identity === undefined ? "" : `-i ${shellWord(identity)} -o IdentitiesOnly=yes `;
    const sshCommand = (host: AcceleratorHost) => `ssh ${key}${host.sshUser}@${host.address}`;
    const perHost = <T>(value: (host: AcceleratorHost) => T) =>
      Object.fromEntries(hosts.map((host) => [host.name, value(host)]));

    output(
      "hosts",
      "Every host with its addresses",
      perHost((host) => ({
        name: host.name,
        instance_id: host.instance.id,
        public_ip: host.instance.publicIp,
        private_ip: host.instance.privateIp,
        agent_url: host.agentUrl,
        ssh_user: host.sshUser,
        ssh_command: sshCommand(host),
      })),
    );
    output(
      "instance_ids",
      "EC2 instance of each host",
      perHost((host) => host.instance.id),
    );
    output(
      "agent_urls",
      "Where each host's agent answers",
      perHost((host) => host.agentUrl),
    );
    output("ssh_commands", "Paste one into a shell to log in", perHost(sshCommand));
    if (fleet !== undefined) {
      output("fleet", "The fleet, and how its machines are met", fleet);
      output(
        "autoscaling_group_name",
        "The group that starts and ends the fleet's machines",
        fleet.autoscaling_group_name,
      );
    }
    output("security_group_id", "The group that lets the callers in", access.securityGroupId);
    if (access.internalSecurityGroup !== undefined) {
      output("internal_security_group_id", "The group that lets the VPC in", access.internalSecurityGroup.id);
    }
    output("callers", "Who may reach the hosts", inputs.callers);
    output("certificate_fingerprint", "SHA-256 of the agents' certificate", inputs.tls?.fingerprint ?? "");
  }
}
