/** Where a stack is, as its state tells: a command that would ask elsewhere ends before it asks. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { EXIT } from "../../../base/fault.js";
import { loadConfig } from "../../../config/load.js";
import { planDown } from "../../../stacks/lifecycle/deploy.js";
import { STACK_NAMES } from "../../../stacks/names.js";
import { checkPlace, checkPlaceOfGroups } from "../../../stacks/place/check-place.js";
import { placeInState } from "../../../stacks/place/place.js";
import { recordPlace } from "../../../stacks/place/record.js";
import { test } from "../../fixtures/temporary.js";

const resource = (type: string, arn: string | undefined, mode = "managed") => ({
  mode,
  type,
  name: "x",
  instances: [{ attributes: { id: "id-1", ...(arn === undefined ? {} : { arn }) } }],
});
const key = resource("aws_key_pair", "arn:aws:ec2:us-east-1:111122223333:key-pair/lab");
const role = resource("aws_iam_role", "arn:aws:iam::111122223333:role/lab");
const bucket = resource("aws_s3_bucket", "arn:aws:s3:::lab");
const sharedVpc = resource("aws_vpc", "arn:aws:ec2:eu-west-1:999999999999:vpc/vpc-1", "data");
const found = resource("aws_instance", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "data");

test.for([
  ["of the resources", [bucket, role, key], { account: "111122223333", region: "us-east-1" }],
  ["of China", [resource("aws_iam_role", "arn:aws-cn:iam::111122223333:role/lab")], { account: "111122223333" }],
  ["that only IAM tells", [bucket, role], { account: "111122223333" }],
  ["that nothing tells", [bucket, resource("aws_iam_role_policy", undefined)], {}],
  [
    "of the resources, not of a VPC that is shared with them",
    [sharedVpc, key],
    { account: "111122223333", region: "us-east-1" },
  ],
  ["of hosts that were there before", [sharedVpc, found], { account: "111122223333", region: "eu-west-1" }],
  ["of nothing", [sharedVpc], undefined],
  ["of nothing any more", [{ ...key, instances: [] }], undefined],
] as const)("S-02: the place %s", ([, resources, place]) => {
  expect(placeInState({ resources })).toEqual(place);
});

/** A project in us-east-1 whose commands would ask eu-west-1. */
async function moved(dir: string, resources: readonly object[], stack = "accelerator-hosts") {
  await writeFile(join(dir, "sallyport.yaml"), "region: eu-west-1\n");
  await writeFile(join(dir, `terraform.${stack}.tfstate`), JSON.stringify({ version: 4, resources }));
  return loadConfig({ cwd: dir, env: { HOME: dir } });
}
const elsewhere = (stack: string) => ({
  code: "stacks/other-region",
  exit: EXIT.conflict,
  message: `${stack} is in us-east-1 of account 111122223333, and this command would ask eu-west-1 (sallyport.yaml:1:1)`,
  hint: "nothing was asked or changed; set AWS_REGION=us-east-1, or region: us-east-1",
});

test.for(STACK_NAMES)("S-02: %s is not removed in another region", async (stack, { dir }) => {
  const loaded = await moved(dir, [key], stack);
  await expect(planDown(loaded, { env: { HOME: dir }, stack })).rejects.toMatchObject(elsewhere(stack));
});

test("S-02: where the resources do not tell it, the note that was made before them does", async ({ dir }) => {
  const loaded = await moved(dir, [role]);
  await recordPlace(dir, "accelerator-hosts", { account: "111122223333", region: "us-east-1" });
  await expect(checkPlace(loaded, ["accelerator-hosts"])).rejects.toMatchObject(elsewhere("accelerator-hosts"));
});

test("S-02: a stack that was removed may be made elsewhere", async ({ dir }) => {
  const loaded = await moved(dir, []);
  await recordPlace(dir, "accelerator-hosts", { account: "111122223333", region: "us-east-1" });
  await checkPlace(loaded, STACK_NAMES);
});

test("S-02: rules of a deployed group are asked for in its region only, those of other groups anywhere", async ({
  dir,
}) => {
  const group = resource("aws_security_group", "arn:aws:ec2:us-east-1:111122223333:security-group/sg-1");
  const loaded = await moved(dir, [group], "lab-gateway");
  await expect(checkPlaceOfGroups(loaded, ["sg-9", "id-1"])).rejects.toMatchObject(elsewhere("lab-gateway"));
  await checkPlaceOfGroups(loaded, ["sg-9"]);
  const [region, from] = ["eu-central-1", "--region"];
  await expect(checkPlaceOfGroups(loaded, ["id-1"], { region })).rejects.toThrow(`${region} (${from})`);
});

test("S-02: a note that cannot be read is named", async ({ dir }) => {
  const loaded = await moved(dir, [role]);
  await mkdir(join(dir, ".sallyport"));
  await writeFile(join(dir, ".sallyport/deployment.json"), "{");
  await expect(checkPlace(loaded, ["accelerator-hosts"])).rejects.toMatchObject({ code: "stacks/bad-record" });
});
