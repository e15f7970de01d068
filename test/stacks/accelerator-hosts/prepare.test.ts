import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { issueCertificate } from "../../../certs/issue.js";
import { loadConfig } from "../../../config/load.js";
import { prepareDeployment } from "../../../stacks/accelerator-hosts/prepare.js";
import { prepareAccess } from "../../../stacks/accelerator-hosts/prepare-access.js";
import { EMPTY_TABLE, makesRules } from "../../../stacks/accelerator-hosts/rule-table.js";
import { secretVersion } from "../../../stacks/prepare/secret-file.js";
import { deploymentTarget } from "../../../stacks/prepare/target.js";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "prepare-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const written = async (yaml: string, env: NodeJS.ProcessEnv = {}) => {
  await writeFile(join(home, "sallyport.yaml"), yaml);
  return loadConfig({ cwd: home, env: { HOME: home, ...env } });
};
const prepare = async (yaml: string, env: NodeJS.ProcessEnv = {}, create = true) =>
  prepareDeployment(await written(yaml, env), { env: { HOME: home, ...env }, create });

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

describe("hosts that are there already", () => {
  test("need no key, no certificate, no caller and no runtime, and none is made", async () => {
    const inputs = await prepare("host_ip: 203.0.113.7", { SALLYPORT_CALLER: "" });
    expect(inputs).toMatchObject({
      hosts: [{ kind: "address", name: "accelerator-1", address: "203.0.113.7" }],
      kind: "existing",
      callers: [],
      tls: { fingerprint: "" },
    });
    expect(inputs).not.toHaveProperty("identity");
    expect(makesRules(inputs)).toBe(false);
    expect(inputs.table.rows).toEqual([]);
    expect(await readdir(home)).toEqual(["sallyport.yaml"]);
  });

  test("are reached over plain HTTP where the configuration says so", async () => {
    expect(await prepare("host_ip: 203.0.113.7\nssl_cert_crt: false")).not.toHaveProperty("tls");
  });

  test("a certificate that was installed for them is the one they are told by", async () => {
    await mkdir(join(home, ".ssh"));
    const crt = join(home, ".ssh/sallyport.crt");
    const { cert } = await issueCertificate({ commonName: "theirs" });
    await writeFile(crt, cert);
    expect((await prepare("host_ip: 203.0.113.7")).tls?.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });
});

test("with an existing group nobody is asked for the caller, and no rule is made", async () => {
  const loaded = await written("security_group: sg-0123456789abcdef0");
  expect(await prepareAccess(loaded, { env: { HOME: home, SALLYPORT_CALLER_SERVICES: "http://127.0.0.1:1" } })).toEqual(
    {
      table: EMPTY_TABLE,
      callers: [],
    },
  );
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
