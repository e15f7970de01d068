import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Fault } from "../../../base/fault.js";
import { loadConfig } from "../../../config/load.js";
import { hostNeeds } from "../../../stacks/private-mirror/machine-needs.js";
import { prepareMirror } from "../../../stacks/private-mirror/prepare.js";
import { checkEndpoints, inPrivateNetwork } from "../../../stacks/private-mirror/private-network-config.js";

const OUTPUTS = {
  mirror_repository: "packages",
  mirror_policy_arn: "arn:aws:iam::123456789012:policy/lab-install-1",
  network_vpc_id: "vpc-0123456789abcdef0",
  network_cidr: "10.72.0.0/16",
  network_subnet_ids: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
  network_services: ["codeartifact.api", "codeartifact.repositories", "ssm"],
  network_buckets: ["arn:aws:s3:::lab-1a2b3c4d-us-east-1/runtime/*"],
};
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "private-place-"));
});
afterEach(() => rm(dir, { recursive: true }));

async function configured(...lines: string[]) {
  await writeFile(join(dir, "sallyport.yaml"), ["name: lab", ...lines].join("\n"));
  return loadConfig({ cwd: dir, env: { HOME: dir } });
}
async function deployed(outputs: Partial<typeof OUTPUTS> = {}) {
  const values = Object.entries({ ...OUTPUTS, ...outputs }).map(([name, value]) => [name, { value }]);
  const state = { version: 4, outputs: Object.fromEntries(values) };
  await writeFile(join(dir, "terraform.private-mirror.tfstate"), JSON.stringify(state));
}

describe("network: private-mirror", () => {
  test("is the network's VPC and first subnet, private addresses, its block as the caller, and its policy", async () => {
    await deployed();
    const { config } = await inPrivateNetwork(
      await configured("network: private-mirror", "policy: arn:aws:iam::aws:policy/X"),
    );
    expect(config).toMatchObject({
      vpc_id: "vpc-0123456789abcdef0",
      subnet_id: "subnet-0123456789abcdef0",
      use_private_ip: true,
      caller: ["10.72.0.0/16"],
      policy: ["arn:aws:iam::aws:policy/X", "arn:aws:iam::123456789012:policy/lab-install-1"],
    });
  });

  test("keeps a caller that was written, and an existing role as it is; a fleet is in all subnets", async () => {
    await deployed();
    const written = ["network: private-mirror", "caller: 10.72.1.7", "role: mine", "fleet: { max: 2 }"];
    const { config } = await inPrivateNetwork(await configured(...written));
    expect(config.caller).toEqual(["10.72.1.7"]);
    expect(config.policy).toBeUndefined();
    expect(config.fleet?.subnet_ids).toEqual(OUTPUTS.network_subnet_ids);
    const one = await configured(
      "network: private-mirror",
      "fleet: { max: 2, subnet_ids: [subnet-0123456789abcdef1] }",
    );
    expect((await inPrivateNetwork(one)).config.fleet?.subnet_ids).toEqual(["subnet-0123456789abcdef1"]);
  });

  test("is nothing where it is not written", async () => {
    const loaded = await configured();
    expect(await inPrivateNetwork(loaded)).toBe(loaded);
  });

  test("says what to do before the network is there, and where it lacks an endpoint for its hosts", async () => {
    const loaded = await configured("network: private-mirror");
    await expect(inPrivateNetwork(loaded)).rejects.toMatchObject({
      message: `private-mirror is not deployed from ${JSON.stringify(dir)}`.replace(
        "private-mirror is not",
        "no private-mirror is",
      ),
      hint: 'run "sallyport up private-mirror" there first',
    });
    await deployed();
    await expect(checkEndpoints(loaded, hostNeeds(loaded.config, "lab-1a2b3c4d-us-east-1"))).resolves.toBeUndefined();
    await deployed({ network_services: ["codeartifact.api"] });
    await expect(checkEndpoints(loaded, hostNeeds(loaded.config, "lab-99999999-us-east-1"))).rejects.toMatchObject({
      message:
        "the private network has no way to ssm, arn:aws:s3:::lab-99999999-us-east-1/runtime/*, which its machines need",
      exit: 5,
    });
  });

  test("does not go with a VPC or a subnet of one's own", async () => {
    await expect(configured("network: private-mirror", "subnet_id: subnet-0123456789abcdef0")).rejects.toThrow(
      /subnet_id.*network/,
    );
  });
});

test("autostop makes the hosts need ec2; without secrets they do not need ssm", async () => {
  const { config } = await configured("autostop: 30m", "auth: none", "ssl_cert_crt: false");
  expect(hostNeeds(config, "lab-1a2b3c4d").services).toEqual(["ec2"]);
});

describe("private_mirror", () => {
  const existing = "vpc_id: vpc-0123456789abcdef0, subnet_ids: [subnet-0123456789abcdef0]";
  const reader = "readers: ['arn:aws:iam::123456789012:role/notebooks']";
  const env = () => ({ HOME: dir });

  test.each([
    ["private_mirror: {}", "sallyport.yaml:2:1: nobody may install packages: there are no readers"],
    ["private_mirror: { readers: ['arn:aws-cn:iam::123456789012:role/x'] }", 'is of another partition than "aws"'],
    [`private_mirror: { ${existing}, ${reader}, upstreams: ['public:npmjs'] }`, "the way to S3 goes by route tables"],
    ["private_mirror: { readers: ['arn:aws:iam::123456789012:root'] }", "must be the ARN of a role"],
    ["private_mirror: { domain: 'Lab', readers: ['arn:aws:iam::123456789012:role/x'] }", '"Lab" cannot be the name'],
    ["private_mirror: { endpoints: [s3] }", "must be one of: sts, ssm"],
  ])("%s is refused where it is written", async (line, message) => {
    const prepared = configured(line).then((loaded) => prepareMirror(loaded, { env: env() }));
    const error = (await prepared.catch((thrown: unknown) => thrown)) as Fault;
    expect([error.exit, `${error.message} ${error.hint}`]).toEqual([2, expect.stringContaining(message)]);
  });

  test("needs no key where no host lives there, and its order of readers and upstreams is the written one", async () => {
    const loaded = await configured(`private_mirror: { ${existing}, ${reader} }`);
    const inputs = await prepareMirror(loaded, { env: env(), create: false });
    expect(inputs).toMatchObject({
      place: { kind: "existing", routeTableIds: [] },
      repositories: { domain: "lab", repository: "packages", formats: ["pypi"] },
      readers: ["arn:aws:iam::123456789012:role/notebooks"],
      readerNames: [],
      machines: [],
    });
  });
});
