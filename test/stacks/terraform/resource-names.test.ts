import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { stackDir } from "../../../stacks/files.js";
import { STACK_NAME } from "../../../stacks/names.js";
import { readableAddress, resourceNames } from "../../../stacks/terraform/resource-names.js";
import { test } from "../../fixtures/temporary.js";

const at = (path: string) => ({ "//": { metadata: { path: `${STACK_NAME}/${path}` } } });

test("S-11: every kind of address has a readable name", async ({ dir }) => {
  await mkdir(stackDir(dir), { recursive: true });
  const synthesized = {
    resource: { aws_instance: { "accelerator-1_Instance_41071B5E": at("accelerator-1/Instance") } },
    data: {
      aws_vpc: { DefaultVpc: at("Network/my_default") },
      // The same name as a resource of another type.
      aws_instance: { "accelerator-1_Instance_41071B5E": at("accelerator-1/Found") },
    },
  };
  await writeFile(join(stackDir(dir), "cdk.tf.json"), JSON.stringify(synthesized));
  const nameOf = await resourceNames(dir);
  const names = [
    ["aws_instance.accelerator-1_Instance_41071B5E", "accelerator-1/Instance"],
    ["data.aws_vpc.DefaultVpc", "Network/my_default"],
    ["data.aws_instance.accelerator-1_Instance_41071B5E", "accelerator-1/Found"],
    ['provider["registry.terraform.io/hashicorp/aws"]', "provider hashicorp/aws"],
    ['provider["registry.opentofu.org/hashicorp/aws"]', "provider hashicorp/aws"],
    ['provider["registry.terraform.io/hashicorp/aws"].Aws_2', "provider hashicorp/aws (Aws_2)"],
    ['module.net.provider["terraform.io/builtin/terraform"]', "module.net.provider builtin/terraform"],
    // Not in the synthesized stack: of an earlier one, or another tool's.
    ["aws_security_group.Access_Group_0A1B2C3D", "Access/Group"],
    ["data.aws_vpc.DefaultVpc_0A1B2C3D", "DefaultVpc"],
    ["aws_instance.accelerator-1_Instance_41071B5E[0]", "accelerator-1/Instance[0]"],
    ['module.net["a.b"].data.aws_subnet.public["eu_1.x"]', 'module.net["a.b"].public["eu_1.x"]'],
    ["var.region", "region"],
    ["something else", "something else"],
  ] as const;
  expect(names.map(([address]) => nameOf(address))).toEqual(names.map(([, name]) => name));
});

test("without a stack, names come from the addresses alone", async ({ dir }) => {
  const nameOf = await resourceNames(dir);
  expect(nameOf("data.aws_ssm_parameter.ubuntu-24--04_Newest_0A1B2C3D")).toBe("ubuntu-24--04/Newest");
  expect(readableAddress("", () => undefined)).toBe("");
});
