import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { Cidr, uniqueCidrs } from "../../firewall/cidr.js";
import * as errors from "../errors.js";

export interface CallerAccessProps {
  /** VPC of the machines that the group will guard. */
  readonly vpcId: string;
  /** Addresses or blocks that may come in: `203.0.113.7`, `198.51.100.0/24`, `2001:db8::7`. */
  readonly callers: readonly string[];
  /** TCP ports that they may reach. @default [22, 80, 443] */
  readonly ports?: readonly number[];
  /** Owner mark in the description of each rule, and front of the group's name. @default "sallyport" */
  readonly deployment?: string;
}

/**
 * A security group that lets the callers in, and nobody else.
 *
 * The group has no inline rules: each pair of port and caller is a rule of its own, so that
 * Terraform, a reconciler and a person can share the group without undoing each other's rules.
 *
 * @example
 * const access = new CallerAccess(this, "Access", { vpcId: vpc.id, callers: ["203.0.113.7"] });
 */
export class CallerAccess extends Construct {
  readonly securityGroup: SecurityGroup;
  readonly callers: readonly Cidr[];
  readonly ports: readonly number[];

  constructor(scope: Construct, id: string, props: CallerAccessProps) {
    super(scope, id);
    const deployment = props.deployment ?? "sallyport";
    this.callers = readCallers(props.callers);
    this.ports = readPorts(props.ports ?? [22, 80, 443]);
    this.securityGroup = new SecurityGroup(this, "Group", {
      namePrefix: `${deployment}-`,
      description: `sallyport:${deployment} callers only`,
      vpcId: props.vpcId,
      // A group in use cannot be deleted: its successor must exist, under another name, before it goes.
      lifecycle: { createBeforeDestroy: true },
    });
    const description = `sallyport:${deployment} caller`;
    for (const port of this.ports) {
      for (const caller of this.callers) {
        new VpcSecurityGroupIngressRule(this, `in-tcp-${port}-${caller.toString().replace("/", "_")}`, {
          securityGroupId: this.securityGroup.id,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          ...(caller.family === 4 ? { cidrIpv4: caller.toString() } : { cidrIpv6: caller.toString() }),
          description,
        });
      }
    }
    // Terraform removes the allow-all egress that AWS gives a new group, so what may leave is said here.
    const outward = {
      securityGroupId: this.securityGroup.id,
      ipProtocol: "-1",
      description: `sallyport:${deployment} out`,
    };
    new VpcSecurityGroupEgressRule(this, "out-all-ipv4", { ...outward, cidrIpv4: "0.0.0.0/0" });
    new VpcSecurityGroupEgressRule(this, "out-all-ipv6", { ...outward, cidrIpv6: "::/0" });
  }

  get securityGroupId(): string {
    return this.securityGroup.id;
  }
}

function readCallers(callers: readonly string[]): Cidr[] {
  if (Token.isUnresolved(callers) || callers.some((caller) => Token.isUnresolved(caller))) {
    throw errors.unknownAtSynth("callers");
  }
  if (callers.length === 0) throw errors.noCallers();
  return uniqueCidrs(callers.map((caller) => Cidr.of(caller)));
}

function readPorts(ports: readonly number[]): number[] {
  for (const port of ports) {
    if (Token.isUnresolved(port)) throw errors.unknownAtSynth("ports");
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw errors.badPort(port);
  }
  return [...new Set(ports)].sort((a, b) => a - b);
}
