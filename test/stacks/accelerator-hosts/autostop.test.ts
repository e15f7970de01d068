/** What a host may do to end itself. */
import { Testing } from "cdktf";
import { describe, expect, test } from "vitest";
import { HostRole } from "../../../stacks/constructs/host-role.js";
import { resources, type Synthesized } from "../support/sample.js";

function statements(autostop?: "stop" | "terminate", partition?: string): Record<string, unknown>[] {
  const props = { name: "lab", parameterArns: ["arn:aws:ssm:p"], objectArns: ["arn:aws:s3:::o"] };
  const text = Testing.synthScope(
    (scope) =>
      void new HostRole(scope, "R", { ...props, ...(autostop && { autostop }), ...(partition && { partition }) }),
  );
  const [policy] = resources(JSON.parse(text) as Synthesized, "aws_iam_role_policy");
  return JSON.parse(String(policy?.policy)).Statement;
}

describe("the role of a host", () => {
  test.each([
    ["stop", "ec2:StopInstances"],
    ["terminate", "ec2:TerminateInstances"],
  ] as const)("lets it %s itself: the one action, on the instance that asks", (autostop, action) => {
    expect(statements(autostop).at(-1)).toEqual({
      Sid: "EndItself",
      Effect: "Allow",
      Action: action,
      Resource: ["arn:aws:ec2:*:*:instance/*"],
      // Terraform makes one dollar of two; test/stacks/lifecycle.system.test.ts sees what EC2 gets.
      Condition: { ArnLike: { "ec2:SourceInstanceARN": "arn:aws:ec2:*:*:instance/$${ec2:InstanceID}" } },
    });
  });

  test("is of the partition that the host is in", () => {
    expect(statements("stop", "aws-cn").at(-1)).toMatchObject({ Resource: ["arn:aws-cn:ec2:*:*:instance/*"] });
  });

  test("says nothing of EC2 without autostop", () => {
    expect(JSON.stringify(statements())).not.toContain("ec2:");
  });
});
