import { DataAwsAvailabilityZones } from "@cdktf/provider-aws/lib/data-aws-availability-zones/index.js";
import { DataAwsInternetGateway } from "@cdktf/provider-aws/lib/data-aws-internet-gateway/index.js";
import { DataAwsSubnet } from "@cdktf/provider-aws/lib/data-aws-subnet/index.js";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway/index.js";
import { Route } from "@cdktf/provider-aws/lib/route/index.js";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { VpcEndpointRouteTableAssociation } from "@cdktf/provider-aws/lib/vpc-endpoint-route-table-association/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

/** A network without Internet access for the gateway and its lab. */
export interface LabHome {
  readonly vpcId: string;
  /** Subnet of the gateway's outer interface. */
  readonly subnetId: string;
  /** The endpoint through which the lab's subnets reach S3; empty if they do not. */
  readonly s3EndpointId: string;
}

export interface LabBlocks {
  /** CIDR of the VPC; absent for an existing one, whose CIDR the kit does not know. */
  readonly vpc?: string;
  /** CIDR of the gateway's own subnet; absent in a private network, which has its subnet already. */
  readonly public?: string;
  /** CIDRs of the lab's subnets. The gateway has its inner interface in the first. */
  readonly private: readonly string[];
}

export interface LabNetworkProps {
  /** Prefix of the `Name` tags. */
  readonly name: string;
  readonly blocks: LabBlocks;
  /** An existing VPC with an Internet gateway, left unchanged. @default - a new one */
  readonly vpcId?: string;
  /**
   * A network without Internet access that contains the gateway's subnet. @default - a subnet that reaches the Internet
   */
  readonly home?: LabHome;
}

/**
 * One subnet with Internet access, for the gateway, and subnets that reach other networks only through it. In a private
 * network the gateway uses an existing subnet, and no machine reaches the Internet.
 */
export class LabNetwork extends Construct {
  readonly vpcId: string;
  /** Subnet of the gateway's outer interface. */
  readonly gatewaySubnetId: string;
  /** Whether the gateway can have a public address. */
  readonly isPublic: boolean;
  readonly privateSubnets: readonly Subnet[];
  /** Resources that a machine in the gateway's subnet needs before it has a route out. */
  readonly readyBefore: readonly ITerraformDependable[];
  readonly #name: string;
  readonly #home: LabHome | undefined;

  constructor(scope: Construct, id: string, props: LabNetworkProps) {
    super(scope, id);
    const { blocks, home } = props;
    this.#name = props.name;
    this.#home = home;
    this.isPublic = home === undefined;
    if (home !== undefined) {
      this.vpcId = home.vpcId;
      this.gatewaySubnetId = home.subnetId;
      const beside = new DataAwsSubnet(this, "Home", { id: home.subnetId });
      this.privateSubnets = blocks.private.map((block) => this.#labSubnet(block, beside.availabilityZone));
      this.readyBefore = [];
      return;
    }
    const vpc = props.vpcId === undefined ? this.#ownVpc(blocks.vpc ?? "") : undefined;
    this.vpcId = vpc?.id ?? props.vpcId ?? "";
    const gateway =
      vpc === undefined
        ? new DataAwsInternetGateway(this, "Internet", {
            filter: [{ name: "attachment.vpc-id", values: [this.vpcId] }],
          })
        : new InternetGateway(this, "Internet", { vpcId: vpc.id, tags: { Name: props.name } });
    const internetId = gateway instanceof InternetGateway ? gateway.id : gateway.internetGatewayId;
    // The gateway has interfaces in two subnets, and a machine lives in one zone, so all subnets use the same zone.
    const zones = new DataAwsAvailabilityZones(this, "Zones", {
      state: "available",
      filter: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
    });
    const zone = Fn.element(zones.names, 0);
    const open = this.#subnet("Public", blocks.public ?? "", "gateway", zone);
    this.gatewaySubnetId = open.id;
    this.privateSubnets = blocks.private.map((block) => this.#labSubnet(block, zone));
    const table = this.#table("PublicRoutes", "gateway", [open]);
    const route = new Route(this, "ToInternet", {
      routeTableId: table.id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: internetId,
    });
    this.readyBefore = [route, ...(gateway instanceof InternetGateway ? [gateway] : [])];
  }

  /** Routes the lab's outgoing traffic to an interface. */
  routeLabThrough(networkInterfaceId: string): void {
    const table = this.#table("LabRoutes", "lab", this.privateSubnets);
    new Route(this, "ToGateway", { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", networkInterfaceId });
    const { s3EndpointId = "" } = this.#home ?? {};
    if (s3EndpointId !== "") {
      new VpcEndpointRouteTableAssociation(this, "ToS3", { routeTableId: table.id, vpcEndpointId: s3EndpointId });
    }
  }

  #labSubnet(block: string, zone: string): Subnet {
    return this.#subnet(`Lab-${block.replace("/", "_")}`, block, "lab", zone);
  }

  #subnet(id: string, cidrBlock: string, name: string, availabilityZone: string): Subnet {
    return new Subnet(this, id, {
      vpcId: this.vpcId,
      cidrBlock,
      availabilityZone,
      tags: { Name: `${this.#name}-${name}` },
      // A zone that AWS adds later must not move existing resources.
      lifecycle: { ignoreChanges: ["availability_zone"] },
    });
  }

  #ownVpc(cidrBlock: string): Vpc {
    return new Vpc(this, "Vpc", {
      cidrBlock,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: this.#name },
    });
  }

  #table(id: string, name: string, subnets: readonly Subnet[]): RouteTable {
    const table = new RouteTable(this, id, { vpcId: this.vpcId, tags: { Name: `${this.#name}-${name}` } });
    for (const subnet of subnets) {
      new RouteTableAssociation(this, `${id}-${subnet.node.id}`, { routeTableId: table.id, subnetId: subnet.id });
    }
    return table;
  }
}
