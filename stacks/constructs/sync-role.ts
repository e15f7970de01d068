import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import { cloudOf } from "../names.js";

export interface SyncRoleProps {
  /** Prefix of the role's name, which AWS completes. */
  readonly namePrefix: string;
  readonly region: string;
  /** Security groups whose rules the function may change. */
  readonly groupIds: readonly string[];
  /** Prefix lists whose entries the function may change. */
  readonly prefixListIds: readonly string[];
  /** A SecureString that the function may read. @default - none */
  readonly parameter?: string;
}

/**
 * The function's permissions: read rules, change those of the given groups and lists, write its log.
 *
 * EC2's describe calls support no resource restrictions, so they are allowed on all resources. Changes are not.
 */
export class SyncRole extends Construct {
  readonly role: IamRole;
  readonly #props: SyncRoleProps;
  readonly #account: string;

  constructor(scope: Construct, id: string, props: SyncRoleProps) {
    super(scope, id);
    this.#props = props;
    this.#account = new DataAwsCallerIdentity(this, "Account").accountId;
    this.role = new IamRole(this, "Role", {
      namePrefix: props.namePrefix,
      description: "Follows lists of addresses in named security groups and prefix lists",
      assumeRolePolicy: policy([
        { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
      ]),
    });
  }

  /** The policy is created after the log group, whose name contains the role's. */
  allow(logGroupArn: string): IamRolePolicy {
    return new IamRolePolicy(this, "Policy", {
      name: "firewall-sync",
      role: this.role.name,
      policy: policy(this.#statements(logGroupArn)),
    });
  }

  #statements(logGroupArn: string): object[] {
    const { groupIds, prefixListIds, parameter } = this.#props;
    const groups = groupIds.map((id) => this.#arn("ec2", `security-group/${id}`));
    const lists = prefixListIds.map((id) => this.#arn("ec2", `prefix-list/${id}`));
    const all = [
      {
        Sid: "ReadRules",
        Action: ["ec2:DescribeManagedPrefixLists", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups"],
        Resource: ["*"],
      },
      {
        Sid: "ChangeNamedGroups",
        Action: [
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:RevokeSecurityGroupIngress",
          "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ],
        Resource: groups,
      },
      {
        Sid: "ChangeNamedLists",
        Action: ["ec2:GetManagedPrefixListEntries", "ec2:ModifyManagedPrefixList"],
        Resource: lists,
      },
      {
        Sid: "ReadOneSecret",
        Action: "ssm:GetParameter",
        Resource: parameter === undefined ? [] : [this.#arn("ssm", `parameter${parameter}`)],
      },
      { Sid: "WriteOwnLog", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: [`${logGroupArn}:*`] },
    ];
    return all
      .filter(({ Resource }) => Resource.length > 0)
      .map(({ Sid, Action, Resource }) => ({ Sid, Effect: "Allow", Action, Resource }));
  }

  #arn(service: string, rest: string): string {
    const { region } = this.#props;
    return `arn:${cloudOf(region).partition}:${service}:${region}:${this.#account}:${rest}`;
  }
}

function policy(Statement: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
