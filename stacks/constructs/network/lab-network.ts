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

/** A network without the Internet that the gateway and its lab live in. */
export interface LabHome {
  readonly vpcId: string;
  /** Of the gateway's outer foot. */
  readonly subnetId: string;
  /** Through which the lab's subnets reach S3; empty: not at all. */
  readonly s3EndpointId: string;
}

export interface LabBlocks {
  /** Of the VPC; absent for an existing one, whose block the kit does not know. */
  readonly vpc?: string;
  /** Of the gateway's own subnet; absent in a private network, which has its subnet already. */
  readonly public?: string;
  /** Of the lab's subnets: the gateway has a foot in the first. */
  readonly private: readonly string[];
}

export interface LabNetworkProps {
  /** Front of the `Name` tags. */
  readonly name: string;
  readonly blocks: LabBlocks;
  /** An existing VPC with an Internet gateway, left as it is. @default - one of its own */
  readonly vpcId?: string;
  /** A network without the Internet, whose subnet the gateway is in. @default - a subnet that reaches the Internet */
  readonly home?: LabHome;
}

/**
 * One subnet that reaches the Internet, for the gateway, and subnets that reach nothing but through it. In a
 * private network the gateway uses an existing subnet, and no machine reaches the Internet.
 */
export class LabNetwork extends Construct {
  readonly vpcId: string;
  /** Of the gateway's outer foot. */
  readonly gatewaySubnetId: string;
  /** Whether there is an Internet for the gateway to have a public address in. */
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
    // The gateway has a foot in two of them, and a machine lives in one zone.
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

  /** Sends what leaves the lab to an interface. */
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
      // A zone that AWS adds must not move what is there.
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
