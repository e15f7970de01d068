import { DataAwsSubnet } from "@cdktf/provider-aws/lib/data-aws-subnet/index.js";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { LocalBackend, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { statePath } from "./files.js";
import type { DeploymentInputs, DeploymentTarget } from "./inputs.js";
import { hostNames, STACK_NAME } from "./names.js";
import { AcceleratorHost } from "./parts/accelerator-host.js";
import { CallerAccess } from "./parts/caller-access.js";
import { HostAgent } from "./parts/host-agent.js";
import { KeyPair } from "./parts/key-pair.js";
import { MachineImage } from "./parts/machine-image.js";
import { shellWord } from "./shell.js";

/** One or more accelerator hosts behind one door: what `sallyport up` and `cdktf deploy` provision. */
export class AcceleratorHostsStack extends TerraformStack {
  constructor(scope: Construct, inputs: DeploymentInputs) {
    super(scope, STACK_NAME);
    const deployment = `${inputs.name}-${inputs.suffix}`;
    addProvider(this, inputs);

    const access = new CallerAccess(this, "CallerAccess", {
      vpcId: this.#vpcId(inputs),
      callers: inputs.callers,
      ports: inputs.ports,
      deployment,
    });
    const keyPair = new KeyPair(this, "KeyPair", { name: deployment, publicKey: inputs.sshKey.publicKey });
    const agent = new HostAgent(this, "Agent", {
      deployment,
      region: inputs.region,
      runtime: inputs.runtime,
      directories: inputs.directories,
      buckets: inputs.buckets,
      ...(inputs.tls === undefined ? {} : { tls: inputs.tls }),
      ...(inputs.token === undefined ? {} : { token: inputs.token }),
      ...(inputs.endpointUrl === undefined ? {} : { endpointUrl: inputs.endpointUrl }),
    });
    const image = new MachineImage(this, "Image", { ami: inputs.ami });
    const hosts = hostNames(inputs.count).map(
      (name) =>
        new AcceleratorHost(this, name, {
          access,
          keyPair,
          agent,
          image,
          instanceType: inputs.instanceType,
          rootVolumeGib: inputs.rootVolumeGib,
          ...(inputs.subnetId === undefined ? {} : { subnetId: inputs.subnetId }),
        }),
    );
    this.#outputs(inputs, access, hosts);
  }

  #vpcId({ vpcId, subnetId }: DeploymentInputs): string {
    if (vpcId !== undefined) return vpcId;
    if (subnetId !== undefined) return new DataAwsSubnet(this, "Subnet", { id: subnetId }).vpcId;
    return new DataAwsVpc(this, "DefaultVpc", { default: true }).id;
  }

  #outputs(inputs: DeploymentInputs, access: CallerAccess, hosts: readonly AcceleratorHost[]): void {
    const output = (name: string, description: string, value: unknown) =>
      new TerraformOutput(this, name, { value, description, staticId: true });
    const key = shellWord(inputs.sshKey.privatePath);
    const sshCommand = (host: AcceleratorHost) => `ssh -i ${key} -o IdentitiesOnly=yes ${host.sshUser}@${host.address}`;
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
    output("security_group_id", "The group that lets the callers in", access.securityGroupId);
    output("callers", "Who may reach the hosts", inputs.callers);
    output("certificate_fingerprint", "SHA-256 of the agents' certificate", inputs.tls?.fingerprint ?? "");
  }
}

/** The same stack with nothing in it: applying it destroys what the state holds, and needs no key, certificate or caller. */
export class EmptyHostsStack extends TerraformStack {
  constructor(scope: Construct, target: DeploymentTarget) {
    super(scope, STACK_NAME);
    addProvider(this, target);
  }
}

function addProvider(stack: TerraformStack, target: DeploymentTarget): void {
  // The path that cdktf itself would take when run in the project's directory.
  new LocalBackend(stack, { path: statePath(target.projectDir) });
  new AwsProvider(stack, "Aws", {
    region: target.region,
    defaultTags: [{ tags: { Project: target.name, ManagedBy: "sallyport", ...target.tags } }],
    // A bucket in the host name has no address at an endpoint that is a bare IP.
    ...(target.endpointUrl === undefined ? {} : { s3UsePathStyle: true }),
  });
}
