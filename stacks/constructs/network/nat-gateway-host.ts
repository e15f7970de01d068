import { Eip } from "@cdktf/provider-aws/lib/eip/index.js";
import { Instance } from "@cdktf/provider-aws/lib/instance/index.js";
import { NetworkInterface } from "@cdktf/provider-aws/lib/network-interface/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { DEPLOYMENT_TAG } from "../../names.js";
import type { HostAccess } from "../host-access.js";
import type { LabNetwork } from "./lab-network.js";

export interface NatGatewayHostProps {
  readonly network: LabNetwork;
  /** The security groups of the gateway's outer interface. */
  readonly access: HostAccess;
  /** CIDRs of the lab, whose traffic the gateway forwards. */
  readonly labBlocks: readonly string[];
  /** Owner mark, and prefix of names. */
  readonly deployment: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly keyName: string;
  readonly instanceProfile: string;
  readonly bootScript: string;
  /** Resources that must exist before it boots. */
  readonly readyBefore: readonly ITerraformDependable[];
}

/**
 * A machine between the Internet and a lab: an interface and an address on either side, and the lab's default route. It
 * forwards other machines' packets, so EC2's source/destination check is off on both interfaces.
 */
export class NatGatewayHost extends Construct {
  readonly instance: Instance;
  /** Its public address or, in a private network, its private one. It stays when the machine is replaced. */
  readonly address: string;
  readonly labGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: NatGatewayHostProps) {
    super(scope, id);
    const { network, deployment } = props;
    this.labGroup = this.#labGroup(props);
    const foot = (name: string, subnetId: string, securityGroups: string[]) =>
      new NetworkInterface(this, name, {
        subnetId,
        securityGroups,
        sourceDestCheck: false,
        tags: { Name: `${deployment}-${name.toLowerCase()}` },
      });
    const wan = foot("Wan", network.gatewaySubnetId, props.access.securityGroupIds);
    const lan = foot("Lan", network.privateSubnets[0]?.id ?? "", [this.labGroup.id]);
    network.routeLabThrough(lan.id);
    // Attached to the interface and not to the machine, so that the address exists when the machine boots and installs
    // packages.
    const address = network.isPublic
      ? new Eip(this, "Address", {
          domain: "vpc",
          networkInterface: wan.id,
          tags: { Name: deployment },
          dependsOn: [...network.readyBefore],
        })
      : undefined;
    this.address = address?.publicIp ?? wan.privateIp;
    this.instance = new Instance(this, "Instance", {
      ami: props.imageId,
      instanceType: props.instanceType,
      keyName: props.keyName,
      iamInstanceProfile: props.instanceProfile,
      networkInterface: [
        { deviceIndex: 0, networkInterfaceId: wan.id },
        { deviceIndex: 1, networkInterfaceId: lan.id },
      ],
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: { volumeType: "gp3", volumeSize: 20, encrypted: true, deleteOnTermination: true },
      userDataBase64: Buffer.from(props.bootScript).toString("base64"),
      userDataReplaceOnChange: true,
      tags: { Name: deployment, [DEPLOYMENT_TAG]: deployment },
      volumeTags: { Name: deployment },
      dependsOn: [...(address === undefined ? [] : [address]), ...props.readyBefore],
      // A newly published image must never replace a gateway in use.
      lifecycle: { ignoreChanges: ["ami"] },
    });
  }

  /** The lab side admits all traffic from the lab. The gateway's own rules forward or drop it. */
  #labGroup({ network, deployment, labBlocks }: NatGatewayHostProps): SecurityGroup {
    const group = new SecurityGroup(this, "LabGroup", {
      namePrefix: `${deployment}-lab-`,
      description: `sallyport:${deployment} lab side of the gateway`,
      vpcId: network.vpcId,
      lifecycle: { createBeforeDestroy: true },
    });
    const all = { securityGroupId: group.id, ipProtocol: "-1" };
    for (const block of labBlocks) {
      new VpcSecurityGroupIngressRule(this, `in-all-${block.replace("/", "_")}`, {
        ...all,
        cidrIpv4: block,
        description: `sallyport:${deployment} lab_gateway`,
      });
    }
    new VpcSecurityGroupEgressRule(this, "out-all-ipv4", {
      ...all,
      cidrIpv4: "0.0.0.0/0",
      description: `sallyport:${deployment} out`,
    });
    return group;
  }
}
