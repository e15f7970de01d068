import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import {
  VpcSecurityGroupIngressRule,
  type VpcSecurityGroupIngressRuleConfig,
} from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import type { RuleTable, TableRow } from "../../firewall/options/table.js";
import { formatTerraformMark } from "../../firewall/security-group/mark.js";
import { checkQuota } from "../../firewall/security-group/quota.js";
import type { RuleSource } from "../../net/ingress-rule.js";
import * as errors from "./errors.js";
import { type FirewallProps, tableOfProps } from "./firewall-props.js";
import { ruleId } from "./rule-id.js";

export interface FirewallRulesProps extends FirewallProps {
  /** VPC of the machines behind the groups. */
  readonly vpcId: string;
  /** CIDR of the VPC as a reference, `vpc.cidrBlock`. @default - an error if a rule needs it */
  readonly vpcCidr?: string;
  /** The rules, in place of options and callers: `buildTable(…)`. */
  readonly table?: RuleTable;
  /** Owner mark in the description of each rule, and prefix of the groups' names. @default "sallyport" */
  readonly deployment?: string;
  /** Description of the group. A change replaces the group. @default "ingress" */
  readonly description?: string;
  /** Rules that a group of this account may hold per family. @default 60 */
  readonly quota?: number;
}

/**
 * The firewall options as security groups: one with the rows of the table, and a second one for ports that only the VPC
 * may reach.
 *
 * Neither group has inline rules. Each row is a separate rule whose id is made from its content, so that Terraform, a
 * reconciler and a person can share the group without undoing each other's rules.
 *
 * @example
 * const access = new FirewallRules(this, "Access", { vpcId: vpc.id, vpcCidr: vpc.cidrBlock, callers: ["203.0.113.7"] });
 */
export class FirewallRules extends Construct {
  /** The group with the rows of the table. */
  readonly securityGroup: SecurityGroup;
  /** The group for traffic inside the VPC; undefined if the table has no row for it. */
  readonly internalSecurityGroup: SecurityGroup | undefined;
  readonly table: RuleTable;

  constructor(scope: Construct, id: string, props: FirewallRulesProps) {
    super(scope, id);
    const { vpcId, vpcCidr, table, deployment = "sallyport", description = "ingress", quota, ...options } = props;
    this.table = table ?? tableOfProps(options);
    const groups = { vpcId, vpcCidr, deployment, quota };
    this.securityGroup = this.#group("Group", { ...groups, rows: this.table.rows, description });
    // Terraform removes the allow-all egress that AWS gives a new group, so it is declared here.
    const outward = {
      securityGroupId: this.securityGroup.id,
      ipProtocol: "-1",
      description: `sallyport:${deployment} out`,
    };
    new VpcSecurityGroupEgressRule(this, "out-all-ipv4", { ...outward, cidrIpv4: "0.0.0.0/0" });
    new VpcSecurityGroupEgressRule(this, "out-all-ipv6", { ...outward, cidrIpv6: "::/0" });
    const { internal } = this.table;
    this.internalSecurityGroup =
      internal.length === 0
        ? undefined
        : this.#group("InternalGroup", { ...groups, rows: internal, description: "inside the VPC" });
  }

  get securityGroupId(): string {
    return this.securityGroup.id;
  }

  /** The security groups to attach to a machine: one or two. */
  get securityGroupIds(): string[] {
    const { securityGroup, internalSecurityGroup } = this;
    return [securityGroup, ...(internalSecurityGroup === undefined ? [] : [internalSecurityGroup])].map(({ id }) => id);
  }

  #group(id: string, props: GroupProps): SecurityGroup {
    const { deployment, rows, quota, vpcCidr } = props;
    checkQuota(
      rows.map(({ rule }) => rule),
      defined({ group: `${this.node.path}/${id}`, limit: quota }),
    );
    const group = new SecurityGroup(this, id, {
      namePrefix: `${deployment}-`,
      description: `sallyport:${deployment} ${props.description}`,
      vpcId: props.vpcId,
      // A group in use cannot be deleted: its successor must exist first, under another name.
      lifecycle: { createBeforeDestroy: true },
    });
    // Rows of the first group keep the ids from the time before the second group existed.
    const front = id === "Group" ? "" : "internal-";
    for (const { rule, option } of rows) {
      new VpcSecurityGroupIngressRule(this, `${front}${ruleId(rule)}`, {
        securityGroupId: group.id,
        ipProtocol: rule.protocol,
        fromPort: rule.ports.from,
        toPort: rule.ports.to,
        ...sourceOf(rule.source, vpcCidr),
        description: formatTerraformMark(deployment, option.split(/[.[]/)[0] ?? option),
      });
    }
    return group;
  }
}

interface GroupProps {
  readonly vpcId: string;
  readonly vpcCidr: string | undefined;
  readonly deployment: string;
  readonly description: string;
  readonly quota: number | undefined;
  readonly rows: readonly TableRow[];
}

function sourceOf(source: RuleSource, vpcCidr: string | undefined): Partial<VpcSecurityGroupIngressRuleConfig> {
  switch (source.kind) {
    case "cidr":
      return source.cidr.family === 4 ? { cidrIpv4: source.cidr.toString() } : { cidrIpv6: source.cidr.toString() };
    case "vpc":
      if (vpcCidr === undefined) throw errors.vpcCidrNeeded();
      return { cidrIpv4: vpcCidr };
    case "prefix-list":
      return { prefixListId: source.id };
    case "security-group":
      return { referencedSecurityGroupId: source.id };
    case "unknown":
      throw errors.sourceUnknownToTerraform(source.text);
  }
}
