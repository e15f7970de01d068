/** The stack of a lab's own cdktf app: its VPC, an FPGA machine with the agent, and a GPU machine with SSH only. */
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Route } from "@cdktf/provider-aws/lib/route/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { AcceleratorHost, addKeyPair, CallerAccess, HostAgent, type NewHostParts } from "sallyport";

export type LabStackProps = Pick<NewHostParts, "callers" | "sshKey" | "tls" | "token" | "runtime" | "runtimeBucket">;

export class LabStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: LabStackProps) {
    super(scope, id);
    const region = "eu-west-1";
    new AwsProvider(this, "Aws", { region });

    const vpc = new Vpc(this, "Vpc", { cidrBlock: "10.20.0.0/16", enableDnsHostnames: true });
    const subnet = new Subnet(this, "Subnet", {
      vpcId: vpc.id,
      cidrBlock: "10.20.0.0/24",
      mapPublicIpOnLaunch: true,
    });
    const gateway = new InternetGateway(this, "Gateway", { vpcId: vpc.id });
    new Route(this, "Internet", {
      routeTableId: vpc.mainRouteTableId,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: gateway.id,
    });

    const access = new CallerAccess(this, "Access", { vpcId: vpc.id, callers: props.callers, deployment: "lab" });
    const keyPair = addKeyPair(this, "KeyPair", { name: "lab", key: props.sshKey });
    const agent = new HostAgent(this, "Agent", {
      deployment: "lab-5e11a9",
      bucket: props.runtimeBucket,
      region,
      runtime: props.runtime,
      tls: props.tls,
      token: props.token,
      directories: [
        { name: "shared", path: "~/shared", mode: "rw" },
        { name: "bitstreams", path: "/srv/bitstreams", mode: "ro" },
      ],
    });

    const fpga = new AcceleratorHost(this, "fpga-1", { access, keyPair, agent, subnetId: subnet.id });
    const gpu = new AcceleratorHost(this, "gpu-1", {
      access,
      keyPair,
      subnetId: subnet.id,
      instanceType: "g6.xlarge",
      rootVolumeGib: 200,
    });
    new TerraformOutput(this, "fpga", { value: fpga.agentUrl });
    new TerraformOutput(this, "gpu", { value: `ssh ${gpu.sshUser}@${gpu.address}` });
  }
}
