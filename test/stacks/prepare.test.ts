import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../config/load.js";
import { deploymentTarget, prepareDeployment, secretVersion } from "../../stacks/prepare.js";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "prepare-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const prepare = async (yaml: string, env: NodeJS.ProcessEnv = {}, create = true) => {
  await writeFile(join(home, "sallyport.yaml"), yaml);
  const around = { HOME: home, ...env };
  return prepareDeployment(await loadConfig({ cwd: home, env: around }), { env: around, create });
};

describe("what is refused leaves nothing half-made", () => {
  test.each([
    ["a chatty Terraform log", "caller: 203.0.113.7", { TF_LOG: "DEBUG" }, "stacks/leaky-log"],
    ["a VPC without a subnet", "vpc_id: vpc-0123456789abcdef0", {}, "stacks/vpc-without-subnet"],
  ])("%s", async (_, yaml, env, code) => {
    await expect(prepare(yaml, env)).rejects.toMatchObject({ code, exit: 2 });
    expect(await readdir(home)).toEqual(["sallyport.yaml"]);
  });

  test("missing keys, where none are to be made", async () => {
    await expect(prepare("caller: 203.0.113.7", {}, false)).rejects.toMatchObject({ exit: expect.any(Number) });
    expect(await readdir(home)).toEqual(["sallyport.yaml"]);
  });
});

test("the version of a secret is its content's, fits Terraform's numbers, and changes with it", async () => {
  const [one, two] = [join(home, "one"), join(home, "two")];
  await writeFile(one, "token");
  await writeFile(two, "token");
  const version = await secretVersion(one);
  expect(await secretVersion(two)).toBe(version);
  expect(Number.isInteger(version) && version >= 0 && version < 2 ** 31).toBe(true);
  await writeFile(two, "another");
  expect(await secretVersion(two)).not.toBe(version);
});

test("taking a deployment down needs only what the configuration says", async () => {
  await writeFile(join(home, "sallyport.yaml"), "name: lab\nregion: eu-west-1\n");
  const loaded = await loadConfig({ cwd: home, env: { HOME: home } });
  expect(deploymentTarget(loaded, { AWS_ENDPOINT_URL: "http://127.0.0.1:1" })).toEqual({
    projectDir: home,
    name: "lab",
    region: "eu-west-1",
    tags: {},
    endpointUrl: "http://127.0.0.1:1",
  });
  expect(deploymentTarget(loaded, {})).not.toHaveProperty("endpointUrl");
});
