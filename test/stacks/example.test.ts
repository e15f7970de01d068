import { Testing } from "cdktf";
import { expect, test } from "vitest";
import { LabStack } from "../../examples/own-cdktf-app/stack.js";
import { resources, type Synthesized, sampleInputs, userData } from "./support/sample.js";

function lab(): Synthesized {
  const stack = new LabStack(Testing.app(), "lab", sampleInputs());
  return JSON.parse(Testing.synth(stack, true)) as Synthesized;
}

test("the constructs work in someone else's app: only the callers get in, to both machines", () => {
  const found = lab();
  const rules = resources(found, "aws_vpc_security_group_ingress_rule");
  expect(rules.map(({ from_port, cidr_ipv4 }) => `${cidr_ipv4} ${from_port}`).sort()).toEqual([
    "203.0.113.7/32 22",
    "203.0.113.7/32 443",
    "203.0.113.7/32 80",
  ]);
  const groups = resources(found, "aws_instance").map(({ vpc_security_group_ids }) => vpc_security_group_ids);
  expect(groups).toHaveLength(2);
  expect(groups[1]).toEqual(groups[0]);
});

test("a host without an agent has no user data and no role", () => {
  const [fpga, gpu] = resources(lab(), "aws_instance");
  expect(userData(fpga ?? {})).toContain("/srv/bitstreams");
  expect(Object.keys(gpu ?? {})).not.toContain("user_data_base64");
  expect(Object.keys(gpu ?? {})).not.toContain("iam_instance_profile");
});
