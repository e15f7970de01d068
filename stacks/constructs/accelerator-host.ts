import { Instance, type InstanceInstanceMarketOptions } from "@cdktf/provider-aws/lib/instance/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import type { HostAccess } from "./host-access.js";
import type { HostAgent } from "./host-agent.js";
import type { ExistingKeyPair, KeyPair } from "./key-pair.js";
import { MachineImage } from "./machine-image.js";

export interface AcceleratorHostProps {
  /** The security groups of the host: a `FirewallRules`, a `CallerAccess`, or existing groups. */
  readonly access: HostAccess;
  /** The login key. */
  readonly keyPair: KeyPair | ExistingKeyPair;
  /** Installed at first boot. @default - no agent: the host answers SSH only */
  readonly agent?: HostAgent;
  /** Name of the host in its tag, and for its agent. @default - the construct's id */
  readonly name?: string;
  /** @default "f2.6xlarge", an FPGA machine */
  readonly instanceType?: string;
  /** @default - the newest Ubuntu 24.04 at creation */
  readonly image?: MachineImage;
  /** @default - the image's login user */
  readonly sshUser?: string;
  /** @default - a default subnet, in a zone that AWS picks; requires the default VPC */
  readonly subnetId?: string;
  /** @default - 50, or the size of the image for the families that need more */
  readonly rootVolumeGib?: number;
  /** Use the host's private address, for clients inside the VPC. @default false */
  readonly privateAddress?: boolean;
  /** A one-time spot instance, which AWS may end at two minutes' notice. @default - on demand */
  readonly spot?: { readonly maxPrice?: string };
  /** The effect of a shutdown from inside the machine. @default - as AWS: it stops */
  readonly onShutdown?: "stop" | "terminate";
  /** Tag `Name` of the machine and its volumes. @default - the host's name */
  readonly nameTag?: string;
  /** Further tags of the machine. @default - none */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * One accelerator machine that only its callers reach.
 *
 * @example
 * const host = new AcceleratorHost(this, "accelerator-1", { access, keyPair, instanceType: "g6.xlarge" });
 * new TerraformOutput(this, "address", { value: host.address });
 */
export class AcceleratorHost extends Construct {
  readonly instance: Instance;
  readonly name: string;
  readonly sshUser: string;
  /** The public address, or the private one in a subnet without public addresses. */
  readonly address: string;
  /** @default - undefined without an agent */
  readonly agentUrl: string | undefined;

  constructor(scope: Construct, id: string, props: AcceleratorHostProps) {
    super(scope, id);
    this.name = props.name ?? id;
    const image = props.image ?? new MachineImage(this, "Image");
    this.sshUser = props.sshUser ?? image.sshUser;
    const { agent, spot } = props;
    const Name = props.nameTag ?? this.name;
    this.instance = new Instance(this, "Instance", {
      ami: image.imageId,
      instanceType: props.instanceType ?? "f2.6xlarge",
      keyName: props.keyPair.keyName,
      vpcSecurityGroupIds: props.access.securityGroupIds,
      ...defined({ subnetId: props.subnetId }),
      // Metadata requires a session token and reaches one hop, so a container or an abused proxy on the host cannot get
      // credentials.
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: defined({
        volumeType: "gp3",
        volumeSize: props.rootVolumeGib ?? image.rootVolumeGib,
        encrypted: true,
        deleteOnTermination: true,
      }),
      ...defined({
        instanceInitiatedShutdownBehavior: props.onShutdown,
        instanceMarketOptions: spot === undefined ? undefined : spotMarket(spot),
      }),
      tags: { ...props.tags, Name },
      volumeTags: { Name },
      ...(agent === undefined
        ? {}
        : {
            iamInstanceProfile: agent.role.instanceProfile.name,
            userDataBase64: Buffer.from(agent.bootScript({ name: this.name, sshUser: this.sshUser })).toString(
              "base64",
            ),
            // cloud-init runs the script once in the life of an instance. An in-place change would stop and start the
            // machine without running the script again. So a new script means a new machine, which the plan shows.
            userDataReplaceOnChange: true,
            dependsOn: agent.readyBefore,
          }),
      // A newly published image must never replace a machine that is at work.
      lifecycle: { ignoreChanges: ["ami"] },
    });
    const { publicIp, privateIp } = this.instance;
    this.address = props.privateAddress ? privateIp : Fn.coalesce([publicIp, privateIp]);
    this.agentUrl = agent && `${agent.scheme}://${this.address}`;
  }
}

function spotMarket({ maxPrice }: NonNullable<AcceleratorHostProps["spot"]>): InstanceInstanceMarketOptions {
  return {
    marketType: "spot",
    spotOptions: defined({
      spotInstanceType: "one-time",
      instanceInterruptionBehavior: "terminate",
      maxPrice,
    }),
  };
}
