import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import { defined } from "../../base/defined.js";

export interface HostRoleProps {
  /** Name of role, policy and profile; IAM names are one per account, whatever the region. */
  readonly name: string;
  /** ARNs of the SSM parameters that the host may read. */
  readonly parameterArns: readonly string[];
  /** ARNs of the S3 objects that the host may read. */
  readonly objectArns: readonly string[];
  /** Buckets whose objects the host's programs may list, read and write. @default - none */
  readonly buckets?: readonly string[];
  /** How the host may end itself, and only itself. @default - not at all */
  readonly autostop?: "stop" | "terminate";
  /** ARNs of policies that the role has beside its own. @default - none */
  readonly policies?: readonly string[];
  /** @default "aws" */
  readonly partition?: string;
}

/**
 * What a host may do in the account: read its own parameters and its own runtime, and use the
 * buckets that were named. It may not even list other parameters.
 *
 * There is no statement for KMS: the key `aws/ssm` lets every principal of the account decrypt
 * through SSM what it may read there.
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

/** Account and path of a policy, without what constructs use between their names. */
function nameIn(policyArn: string): string {
  return policyArn.split(":").slice(4).join(":").replaceAll("/", ":");
}

/**
 * An existing role on a host gets an instance profile, and nothing else. The role stays as it is, so
 * its owner must grant what the host needs.
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
      // The instance that the credentials were issued to is the instance that is meant: AWS's own policies
      // for agents on instances say it so. The second dollar keeps Terraform from filling in the variable.
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
