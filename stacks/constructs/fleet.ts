import { AutoscalingGroup, type AutoscalingGroupConfig } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { DataAwsSubnets } from "@cdktf/provider-aws/lib/data-aws-subnets/index.js";
import { LaunchTemplate, type LaunchTemplateConfig } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import type { FirewallRules } from "./firewall-rules.js";
import type { HostAgent } from "./host-agent.js";
import type { MachineImage } from "./machine-image.js";

/** Size and mix of a fleet: the configuration's `fleet:`, in AWS's units. */
export interface FleetSize {
  /** @default 0 */
  readonly min?: number;
  readonly max: number;
  /** @default - `min` at first, and later whatever the group was set to */
  readonly desired?: number;
  /** The number of machines that are always on-demand, whatever the percentage. @default 0 */
  readonly onDemandBase?: number;
  /** Share of spot instances above the base, in percent. @default 0 */
  readonly spotPercentage?: number;
  /** @default "price-capacity-optimized" */
  readonly spotAllocation?: string;
  /** In order of preference for on-demand machines. @default - `instanceType` alone */
  readonly instanceTypes?: readonly string[];
}

export interface AcceleratorFleetProps extends FleetSize {
  readonly access: Pick<FirewallRules, "securityGroupIds">;
  /** Name of the login key pair in EC2. */
  readonly keyName: string;
  readonly image: MachineImage;
  /** Installed at first boot. @default - no agent: the machines answer SSH only */
  readonly agent?: HostAgent;
  /** Instance profile in place of the agent's own. @default - the agent's, if there is one */
  readonly instanceProfile?: string;
  /** Prefix of the names of template, group and machines. */
  readonly name: string;
  /** @default "f2.6xlarge" */
  readonly instanceType?: string;
  /** @default - the default subnets of all zones; requires the default VPC */
  readonly subnetIds?: readonly string[];
  /** The default VPC as a reference. Required without `subnetIds`. */
  readonly vpcId: string;
  /** @default - 50, or the size of the image for the families that need more */
  readonly rootVolumeGib?: number;
  /** Tags of machines and volumes: the provider's default tags reach neither. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * A changing number of identical machines: a launch template, and an Auto Scaling group that keeps the desired number
 * running. A changed template applies to machines that start later; running ones stay as they are.
 */
export class AcceleratorFleet extends Construct {
  readonly launchTemplate: LaunchTemplate;
  readonly group: AutoscalingGroup;
  readonly sshUser: string;
  /** @default - undefined without an agent */
  readonly agentScheme: "https" | "http" | undefined;

  constructor(scope: Construct, id: string, props: AcceleratorFleetProps) {
    super(scope, id);
    const { agent, image, name } = props;
    this.sshUser = image.sshUser;
    this.agentScheme = agent?.scheme;
    this.launchTemplate = this.#template(props);
    const { min = 0, max, desired } = props;
    this.group = new AutoscalingGroup(
      this,
      "Group",
      defined<AutoscalingGroupConfig>({
        name: `${name}-fleet`,
        minSize: min,
        maxSize: max,
        desiredCapacity: desired ?? min,
        vpcZoneIdentifier: [...(props.subnetIds ?? this.#defaultSubnets(props.vpcId))],
        healthCheckType: "EC2",
        healthCheckGracePeriod: 300,
        // Rebalancing zones would end machines at work.
        suspendedProcesses: ["AZRebalance"],
        // Spot capacity may come late or never. The group keeps trying, and Terraform need not wait.
        waitForCapacityTimeout: "0",
        mixedInstancesPolicy: this.#mix(props),
        tag: [{ key: "Name", value: `${name}-fleet`, propagateAtLaunch: false }],
        dependsOn: agent === undefined ? undefined : agent.readyBefore,
        lifecycle: desired === undefined ? { ignoreChanges: ["desired_capacity"] } : undefined,
      }),
    );
  }

  #template(props: AcceleratorFleetProps): LaunchTemplate {
    const { agent, image, name, instanceProfile = agent?.role.instanceProfile.name } = props;
    const tags = { ...props.tags, Name: `${name}-fleet` };
    return new LaunchTemplate(
      this,
      "Template",
      defined<LaunchTemplateConfig>({
        name: `${name}-fleet`,
        imageId: image.imageId,
        instanceType: props.instanceTypes?.[0] ?? props.instanceType ?? "f2.6xlarge",
        keyName: props.keyName,
        vpcSecurityGroupIds: props.access.securityGroupIds,
        updateDefaultVersion: true,
        iamInstanceProfile: instanceProfile === undefined ? undefined : { name: instanceProfile },
        // As on a single host: metadata requires a session token and reaches one hop.
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [
          {
            deviceName: image.rootDevice,
            ebs: defined({
              volumeType: "gp3",
              volumeSize: props.rootVolumeGib ?? image.rootVolumeGib,
              encrypted: "true",
              deleteOnTermination: "true",
            }),
          },
        ],
        tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
        userData:
          agent === undefined
            ? undefined
            : Buffer.from(agent.bootScript({ sshUser: image.sshUser })).toString("base64"),
      }),
    );
  }

  #mix(props: AcceleratorFleetProps) {
    const { onDemandBase = 0, spotPercentage = 0, spotAllocation = "price-capacity-optimized" } = props;
    const types = props.instanceTypes ?? [props.instanceType ?? "f2.6xlarge"];
    return {
      instancesDistribution: {
        onDemandBaseCapacity: onDemandBase,
        onDemandPercentageAboveBaseCapacity: 100 - spotPercentage,
        spotAllocationStrategy: spotAllocation,
      },
      launchTemplate: {
        // By name and not by number, so that a new version does not change the group.
        launchTemplateSpecification: { launchTemplateId: this.launchTemplate.id, version: "$Latest" },
        override: types.map((instanceType) => ({ instanceType })),
      },
    };
  }

  #defaultSubnets(vpcId: string): string[] {
    return new DataAwsSubnets(this, "Subnets", {
      filter: [
        { name: "vpc-id", values: [vpcId] },
        { name: "default-for-az", values: ["true"] },
      ],
    }).ids;
  }
}
