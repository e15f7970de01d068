/** Names of buckets are unique in the world, and the first who asks gets one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { bucketName, gatewayDeployment, LAB_STACK_NAME, STACK_NAME } from "../../../stacks/names.js";
import { runtimeBucket } from "../../../stacks/prepare/bucket.js";
import { test } from "../../fixtures/temporary.js";

const of = { projectId: "0123456789abcdef0123", account: "111122223333", region: "eu-west-1" };

test("S-08: the same deployment in another account, region or project has another bucket", () => {
  const name = bucketName("lab-1a2b3c4d", of);
  expect(name).toMatch(/^lab-1a2b3c4d-[0-9a-f]{18}$/);
  expect(bucketName("lab-1a2b3c4d", { ...of })).toBe(name);
  const others = [{ account: "222222222222" }, { region: "us-east-1" }, { projectId: "f".repeat(20) }];
  const names = others.map((other) => bucketName("lab-1a2b3c4d", { ...of, ...other }));
  expect(new Set([name, ...names]).size).toBe(4);
});

test("S-08: the longest name fits S3's 63 characters", () => {
  expect(bucketName(gatewayDeployment("a".repeat(32), "1a2b3c4d"), of)).toHaveLength(63);
});

test("S-08: a bucket that is there keeps its name, and only in its own stack", async ({ dir }) => {
  const target = { ...of, projectDir: dir, name: "lab", tags: {} };
  const bucket = "lab-1a2b3c4d-eu-west-1";
  const resources = [{ mode: "managed", type: "aws_s3_bucket", name: "x", instances: [{ attributes: { bucket } }] }];
  await writeFile(join(dir, `terraform.${STACK_NAME}.tfstate`), JSON.stringify({ version: 4, resources }));
  const nameIn = (stack: typeof STACK_NAME | typeof LAB_STACK_NAME) => runtimeBucket(target, stack, "lab-1a2b3c4d", of);
  expect(await nameIn(STACK_NAME)).toBe(bucket);
  expect(await nameIn(LAB_STACK_NAME)).toBe(bucketName("lab-1a2b3c4d", of));
});
