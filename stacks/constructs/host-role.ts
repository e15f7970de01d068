import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import { defined } from "../../base/defined.js";

export interface HostRoleProps {
  /** Name of role, policy and profile. IAM names are unique per account, across regions. */
  readonly name: string;
  /** ARNs of the SSM parameters that the host may read. */
  readonly parameterArns: readonly string[];
  /** ARNs of the S3 objects that the host may read. */
  readonly objectArns: readonly string[];
  /** Buckets whose objects the host's programs may list, read and write. @default - none */
  readonly buckets?: readonly string[];
  /** How the host may end itself, and only itself. @default - not at all */
  readonly autostop?: "stop" | "terminate";
  /** ARNs of further policies of the role. @default - none */
  readonly policies?: readonly string[];
  /** @default "aws" */
  readonly partition?: string;
}

/**
 * A host's permissions in the account: read its own parameters and its own runtime, and use the named buckets. It may
 * not even list other parameters.
 *
 * There is no statement for KMS: the key `aws/ssm` lets every principal of the account decrypt, through SSM, the
 * parameters that it may read there.
 */
export class HostRole extends Construct {
  readonly role: IamRole;
  readonly policy: IamRolePolicy;
  readonly attachments: readonly IamRolePolicyAttachment[];
  readonly instanceProfile: IamInstanceProfile;

  constructor(scope: Construct, id: string, props: HostRoleProps) {
    super(scope, id);
    this.role = new IamRole(this, "Role", {
      name: props.name,
      description: "Accelerator host: its own secrets, its own runtime, its named buckets",
      assumeRolePolicy: policy([
        { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
      ]),
    });
    this.policy = new IamRolePolicy(this, "Policy", {
      name: props.name,
      role: this.role.name,
      policy: policy(statements(props)),
    });
    this.attachments = [...new Set(props.policies ?? [])].map(
      (policyArn) =>
        new IamRolePolicyAttachment(this, `Policy ${nameIn(policyArn)}`, { role: this.role.name, policyArn }),
    );
    this.instanceProfile = new IamInstanceProfile(this, "Profile", { name: props.name, role: this.role.name });
  }
}

/** Account and path of a policy. Construct ids reserve the slash, so it is replaced. */
function nameIn(policyArn: string): string {
  return policyArn.split(":").slice(4).join(":").replaceAll("/", ":");
}

/**
 * An existing role gets an instance profile and is not changed otherwise. Its owner must grant the host's permissions.
 */
export class ExistingRole extends Construct {
  readonly instanceProfile: IamInstanceProfile;

  constructor(scope: Construct, id: string, props: { readonly name: string; readonly role: string }) {
    super(scope, id);
    this.instanceProfile = new IamInstanceProfile(this, "Profile", { name: props.name, role: props.role });
  }
}

function statements(props: HostRoleProps): object[] {
  const buckets = [...new Set(props.buckets ?? [])].sort();
  const { autostop, partition = "aws" } = props;
  const arn = (rest: string) => `arn:${partition}:s3:::${rest}`;
  const instances = `arn:${partition}:ec2:*:*:instance/`;
  const all = [
    { Sid: "OwnParameters", Action: "ssm:GetParameter", Resource: [...props.parameterArns] },
    { Sid: "OwnRuntime", Action: "s3:GetObject", Resource: [...props.objectArns] },
    { Sid: "ListNamedBuckets", Action: "s3:ListBucket", Resource: buckets.map(arn) },
    {
      Sid: "UseNamedBuckets",
      Action: ["s3:GetObject", "s3:PutObject"],
      Resource: buckets.map((bucket) => arn(`${bucket}/*`)),
    },
    {
      Sid: "EndItself",
      Action: autostop === "stop" ? "ec2:StopInstances" : "ec2:TerminateInstances",
      Resource: autostop === undefined ? [] : [`${instances}*`],
      // Limits the permission to the instance that the credentials were issued to, in the way that AWS's own policies
      // for agents on instances do. The second dollar keeps Terraform from interpolating the variable.
      Condition: { ArnLike: { "ec2:SourceInstanceARN": `${instances}$\${ec2:InstanceID}` } },
    },
  ];
  return all
    .filter(({ Resource }) => Resource.length > 0)
    .map(({ Sid, Action, Resource, Condition }) =>
      defined({
        Sid,
        Effect: "Allow",
        Action,
        Resource,
        Condition,
      }),
    );
}

function policy(Statement: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
