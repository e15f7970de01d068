import { DataAwsAvailabilityZones } from "@cdktf/provider-aws/lib/data-aws-availability-zones/index.js";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc/index.js";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { VpcEndpoint, type VpcEndpointConfig } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { VpcEndpointRouteTableAssociation } from "@cdktf/provider-aws/lib/vpc-endpoint-route-table-association/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import { defined } from "../../../base/defined.js";
import type { BucketGrant } from "./mirror-policies.js";
import { bucketsPolicy } from "./mirror-policies.js";

/** A new network: `subnets[i]` is in `zones[i]`, or in the region's i-th zone. */
export interface OwnNetwork {
  readonly kind: "own";
  readonly cidr: string;
  readonly subnets: readonly string[];
  readonly zones?: readonly string[];
}

/** An existing network, left unchanged. */
export interface ExistingNetwork {
  readonly kind: "existing";
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly routeTableIds: readonly string[];
}

export type NetworkPlace = OwnNetwork | ExistingNetwork;

export interface PrivateNetworkProps {
  /** Prefix of the `Name` tags and of the group's name. */
  readonly name: string;
  readonly region: string;
  /** From `networkPlace`. */
  readonly place: NetworkPlace;
  /**
   * Services with an interface endpoint, such as `codeartifact.api`, each with its policy. Undefined is AWS's own
   * policy, which permits everything.
   */
  readonly services: Readonly<Record<string, string | undefined>>;
  /** Buckets that the machines use. @default - no endpoint for S3 */
  readonly buckets?: readonly BucketGrant[];
}

/**
 * A network without Internet access. Its machines reach each other and, through endpoints under the services' own
 * names, the given AWS services.
 *
 * @example
 * const network = new PrivateNetwork(this, "Network", {
 *   name: "notebooks", region: "eu-west-1", place: networkPlace({}, () => ""), services: { "codeartifact.api": undefined },
 * });
 */
export class PrivateNetwork extends Construct {
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly subnetIds: readonly string[];
  /** Security group of the endpoints: HTTPS from the VPC, and nothing else. */
  readonly securityGroup: SecurityGroup;
  readonly endpoints: Readonly<Record<string, VpcEndpoint>>;
  /** Undefined if nothing needs S3. */
  readonly s3: VpcEndpoint | undefined;

  constructor(scope: Construct, id: string, props: PrivateNetworkProps) {
    super(scope, id);
    const { name, region, place, services, buckets = [] } = props;
    const found = place.kind === "own" ? this.#make(place, name) : this.#find(place);
    this.vpcId = found.vpcId;
    this.vpcCidr = found.vpcCidr;
    this.subnetIds = found.subnetIds;
    this.securityGroup = this.#group(name);
    this.endpoints = Object.fromEntries(
      Object.entries(services).map(([service, policy]) => [service, this.#interface(service, policy, name, region)]),
    );
    this.s3 = buckets.length === 0 ? undefined : this.#gateway(buckets, found.routeTables, name, region);
  }

  #make({ cidr, subnets, zones }: OwnNetwork, name: string) {
    const vpc = new Vpc(this, "Vpc", {
      cidrBlock: cidr,
      // AWS refuses an endpoint's private name without both of these.
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: name },
    });
    const inOrder =
      zones === undefined
        ? new DataAwsAvailabilityZones(this, "Zones", {
            state: "available",
            filter: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
          }).names
        : undefined;
    const table = new RouteTable(this, "Routes", { vpcId: vpc.id, tags: { Name: name } });
    const subnetIds = subnets.map((cidrBlock, index) => {
      const key = cidrBlock.replace("/", "_");
      const { id } = new Subnet(
        this,
        `Subnet-${key}`,
        defined({
          vpcId: vpc.id,
          cidrBlock,
          availabilityZone: inOrder === undefined ? zones?.[index] : Fn.element(inOrder, index),
          tags: { Name: `${name}-private` },
          lifecycle: inOrder === undefined ? undefined : { ignoreChanges: ["availability_zone"] },
        }),
      );
      new RouteTableAssociation(this, `Routes-${key}`, { routeTableId: table.id, subnetId: id });
      return id;
    });
    return { vpcId: vpc.id, vpcCidr: vpc.cidrBlock, subnetIds, routeTables: { own: table.id } };
  }

  #find({ vpcId, subnetIds, routeTableIds }: ExistingNetwork) {
    const vpc = new DataAwsVpc(this, "Vpc", { id: vpcId });
    vpc.lifecycle = {
      postcondition: [
        {
          condition: `\${self.enable_dns_support && self.enable_dns_hostnames}`,
          errorMessage: `${vpcId} has DNS support or DNS host names off: endpoints would have no names there. Switch both on (aws ec2 modify-vpc-attribute).`,
        },
      ],
    };
    const routeTables = Object.fromEntries(routeTableIds.map((id) => [id, id]));
    return { vpcId, vpcCidr: vpc.cidrBlock, subnetIds, routeTables };
  }

  /** Endpoints only reply, so the group has no egress rule. */
  #group(name: string): SecurityGroup {
    const group = new SecurityGroup(this, "Group", {
      namePrefix: `${name}-endpoints-`,
      description: "HTTPS from the VPC to its endpoints",
      vpcId: this.vpcId,
      lifecycle: { createBeforeDestroy: true },
    });
    new VpcSecurityGroupIngressRule(this, "in-tcp-443-vpc", {
      securityGroupId: group.id,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      cidrIpv4: this.vpcCidr,
      description: "HTTPS from the VPC",
    });
    return group;
  }

  #interface(service: string, policy: string | undefined, name: string, region: string): VpcEndpoint {
    return new VpcEndpoint(
      this,
      `Endpoint-${service.replace(".", "-")}`,
      defined<VpcEndpointConfig>({
        vpcId: this.vpcId,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: "Interface",
        subnetIds: [...this.subnetIds],
        securityGroupIds: [this.securityGroup.id],
        privateDnsEnabled: true,
        policy,
        tags: { Name: `${name}-${service}` },
      }),
    );
  }

  /** One association resource per route table, so that a lab in this network can add its own. */
  #gateway(
    buckets: readonly BucketGrant[],
    routeTables: Readonly<Record<string, string>>,
    name: string,
    region: string,
  ): VpcEndpoint {
    const endpoint = new VpcEndpoint(this, "Endpoint-s3", {
      vpcId: this.vpcId,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: "Gateway",
      policy: bucketsPolicy(buckets),
      tags: { Name: `${name}-s3` },
    });
    for (const [key, routeTableId] of Object.entries(routeTables)) {
      new VpcEndpointRouteTableAssociation(this, `ToS3-${key}`, { routeTableId, vpcEndpointId: endpoint.id });
    }
    return endpoint;
  }
}
