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
  /** @default - `min` at first, and afterwards whatever the group has been set to */
  readonly desired?: number;
  /** The first so many machines are on-demand, whatever the percentage. @default 0 */
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
  /** Name in EC2 of the key pair that may log in. */
  readonly keyName: string;
  readonly image: MachineImage;
  /** Installed at first boot. @default - no agent: the machines answer SSH only */
  readonly agent?: HostAgent;
  /** Instance profile in place of the agent's own. @default - the agent's, if there is one */
  readonly instanceProfile?: string;
  /** Front of the names of template, group and machines. */
  readonly name: string;
  /** @default "f2.6xlarge" */
  readonly instanceType?: string;
  /** @default - the default subnets of all zones; needs the default VPC */
  readonly subnetIds?: readonly string[];
  /** The default VPC as a reference; needed without `subnetIds`. */
  readonly vpcId: string;
  /** @default 50 */
  readonly rootVolumeGib?: number;
  /** Of machines and volumes: the provider's default tags reach neither. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * A changing number of like machines: a launch template, and an Auto Scaling group that keeps as many
 * of them as are wanted. A changed template is for machines that start from then on; those at work stay.
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
        // Evening out the zones would end machines at work.
        suspendedProcesses: ["AZRebalance"],
        // Spot capacity may take its time, or never come: the group goes on trying, Terraform need not watch.
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
        // As on a single host: session-bound metadata that one hop can reach.
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [
          {
            deviceName: image.rootDevice,
            ebs: {
              volumeType: "gp3",
              volumeSize: props.rootVolumeGib ?? 50,
              encrypted: "true",
              deleteOnTermination: "true",
            },
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
        // By name and not by number: a new version is no change of the group.
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
