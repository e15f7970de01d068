/** The questions before a deployment, over the wire, with AWS's SDK and answers in AWS's form. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, vi } from "vitest";
import { loadConfig } from "../../../config/load.js";
import type { Finding } from "../../../stacks/preflight/judge.js";
import { checkPreflight, findingsText, runPreflight } from "../../../stacks/preflight/preflight.js";
import { wantedGateway, wantedHosts } from "../../../stacks/preflight/wanted.js";
import { test } from "../../fixtures/temporary.js";
import {
  ANSWERS,
  type AwsAnswer,
  image,
  instances,
  offerings,
  startAws,
  subnets,
  types,
} from "../../support/aws-server.js";

type Changed = Readonly<Record<string, AwsAnswer>>;

async function ask(dir: string, yaml: string, changed: Changed = {}, more: Readonly<Record<string, string>> = {}) {
  const aws = await startAws(changed);
  await writeFile(join(dir, "sallyport.yaml"), yaml);
  const loaded = await loadConfig({ cwd: dir, env: { HOME: dir } });
  const wanted = yaml.includes("lab_gateway") ? wantedGateway(loaded.config) : wantedHosts(loaded.config);
  const options = {
    stacks: ["accelerator-hosts"],
    wanted,
    env: { ...process.env, ...more },
  } as const;
  return { ...aws, preflight: await runPreflight(loaded, options) };
}

const shown = ({ check, state, found }: Finding) => `${check} ${state}: ${found}`;

test("S-10: what AWS can give is said in a few lines, and nothing but questions is asked", async ({ dir }) => {
  const { preflight, asked } = await ask(dir, "count: 2\n");
  expect(findingsText(preflight.findings)).toMatchInlineSnapshot(`
    "  account  111122223333 as user/ada
      region   us-east-1 (built in)
      network  default VPC vpc-1, with subnets in us-east-1a, us-east-1b
      type     f2.6xlarge, 24 vCPUs, offered in us-east-1a, us-east-1c
      quota    Running On-Demand F instances: 64 vCPUs; 48 more are needed
      price    f2.6xlarge: 1.98 USD an hour, 47.52 a day"
  `);
  expect(preflight.identity?.account).toBe("111122223333");
  expect(() => checkPreflight(preflight)).not.toThrow();
  expect([...new Set(asked)].sort()).toEqual(
    Object.keys(ANSWERS)
      .filter((action) => !["DescribeImages", "DescribeSpotPriceHistory", "GetAWSDefaultServiceQuota"].includes(action))
      .sort(),
  );
  expect(asked.every((action) => /^(?:Describe|Get)/.test(action))).toBe(true);
});

const F2 = "f2.6xlarge";

async function deployed(dir: string, type: string, attributes: object) {
  const resources = [{ mode: "managed", type, name: "x", instances: [{ attributes }] }];
  await writeFile(join(dir, "terraform.accelerator-hosts.tfstate"), JSON.stringify({ version: 4, resources }));
}

describe("S-10: what stands in the way is one sentence, and what to type", () => {
  test.for<[string, string, Changed, string, string]>([
    [
      "no default VPC",
      "",
      { DescribeVpcs: "<vpcSet/>" },
      "us-east-1 has no default VPC",
      "make it: aws ec2 create-default-vpc --region us-east-1; or name a subnet of another VPC: subnet_id: subnet-…",
    ],
    [
      "no default subnet",
      "",
      { DescribeSubnets: "<subnetSet/>" },
      "the default VPC vpc-1 of us-east-1 has no default subnet",
      "make one: aws ec2 create-default-subnet --region us-east-1 --availability-zone us-east-1a; or name a subnet of another VPC: subnet_id: subnet-…",
    ],
    [
      "default subnets elsewhere",
      "",
      { DescribeSubnets: subnets(["us-east-1e"]) },
      "the default VPC vpc-1 has no default subnet in a zone that offers f2.6xlarge (us-east-1a, us-east-1c)",
      "make one: aws ec2 create-default-subnet --region us-east-1 --availability-zone us-east-1a; or name a subnet of another VPC: subnet_id: subnet-…",
    ],
    [
      "a subnet that is not there",
      "subnet_id: subnet-0123456789abcdef0",
      { DescribeSubnets: "<subnetSet/>" },
      "there is no subnet subnet-0123456789abcdef0 in us-east-1",
      "list those that there are: aws ec2 describe-subnets --region us-east-1",
    ],
    [
      "a subnet in a zone without the type",
      "subnet_id: subnet-0123456789abcdef0",
      { DescribeSubnets: subnets(["us-east-1e"]).replace("subnet-0", "subnet-0123456789abcdef0") },
      "the subnet subnet-0123456789abcdef0 is in us-east-1e, which does not offer f2.6xlarge",
      "name a subnet in us-east-1a or us-east-1c, or choose another instance_type",
    ],
    [
      "S-19: a subnet without public addresses",
      "subnet_id: subnet-0123456789abcdef0",
      {
        DescribeSubnets: subnets(["us-east-1a"])
          .replace("subnet-0", "subnet-0123456789abcdef0")
          .replace("</item>", "<mapPublicIpOnLaunch>false</mapPublicIpOnLaunch></item>"),
      },
      "the subnet subnet-0123456789abcdef0 gives machines no public addresses",
      "if you reach them at their private ones (VPN, peering), set use_private_ip: true; else name another subnet, or: aws ec2 modify-subnet-attribute --region us-east-1 --subnet-id subnet-0123456789abcdef0 --map-public-ip-on-launch",
    ],
    [
      "S-19: default subnets without public addresses",
      "",
      {
        DescribeSubnets: subnets(["us-east-1a"]).replace(
          "</item>",
          "<mapPublicIpOnLaunch>false</mapPublicIpOnLaunch></item>",
        ),
      },
      "no default subnet of vpc-1 gives machines public addresses",
      "if you reach them at their private ones (VPN, peering), set use_private_ip: true; else name a subnet that does: subnet_id: subnet-…",
    ],
    [
      "a type that is not offered",
      "",
      { DescribeInstanceTypeOfferings: "<instanceTypeOfferingSet/>" },
      "f2.6xlarge is not offered in us-east-1",
      'choose another region or instance_type; what there is: aws ec2 describe-instance-type-offerings --region us-east-1 --filters "Name=instance-type,Values=f2.*"',
    ],
    [
      "Graviton",
      "instance_type: g5g.xlarge",
      {
        DescribeInstanceTypeOfferings: offerings({ "g5g.xlarge": ["us-east-1a"] }),
        DescribeInstanceTypes: types({ "g5g.xlarge": 4 }, "arm64"),
      },
      "g5g.xlarge has Graviton processors (arm64), and hosts need x86_64",
      "choose another instance_type, for example g6.xlarge or m7i.large",
    ],
    [
      "a Mac",
      "instance_type: mac1.metal",
      {
        DescribeInstanceTypeOfferings: offerings({ "mac1.metal": ["us-east-1a"] }),
        DescribeInstanceTypes: types({ "mac1.metal": 12 }, "x86_64_mac"),
      },
      "mac1.metal has processors of another kind (x86_64_mac), and hosts need x86_64",
      "choose another instance_type, for example g6.xlarge or m7i.large",
    ],
    [
      "an image for Graviton",
      "ami: ami-0123456789abcdef0",
      { DescribeImages: image("ami-0123456789abcdef0", "arm64", 8) },
      "the image ami-0123456789abcdef0 is for arm64, and hosts need x86_64",
      "take another",
    ],
    [
      "an image of another region",
      "ami: ami-0123456789abcdef0",
      {},
      "there is no image ami-0123456789abcdef0 in us-east-1 for this account",
      "image ids differ between regions: take one of this region's, or a family such as ami: ubuntu-24.04",
    ],
    [
      "S-18: an image that needs more than the default",
      "ami: ami-0123456789abcdef0",
      { DescribeImages: image("ami-0123456789abcdef0", "x86_64", 90) },
      "the image ami-0123456789abcdef0 needs a root volume of 90 GiB, and it would have 50",
      "set root_volume_gib: 90 or more",
    ],
    [
      "no quota",
      "",
      { GetServiceQuota: { Quota: { Value: 0 } } },
      'f2.6xlarge needs 24 vCPUs, and the quota "Running On-Demand F instances" is 0',
      "ask for more: aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-74FC7D96 --desired-value 24",
    ],
    [
      "a quota that was never changed",
      "",
      { GetServiceQuota: { refuse: "NoSuchResourceException" } },
      'f2.6xlarge needs 24 vCPUs, and the quota "Running On-Demand F instances" is 0',
      "ask for more: aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-74FC7D96 --desired-value 24",
    ],
    [
      "a quota that is used up",
      "count: 2",
      { DescribeInstances: instances("f1.2xlarge", 3, 8) },
      '2 × f2.6xlarge need 48 vCPUs, and the quota "Running On-Demand F instances" is 64, of which 24 are in use',
      "ask for more: aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-74FC7D96 --desired-value 72",
    ],
    [
      "a spot quota, where nothing may take its place",
      "spot: { fallback: false }",
      { GetServiceQuota: { Quota: { Value: 8 } } },
      'f2.6xlarge needs 24 vCPUs, and the quota "All F Spot Instance Requests" is 8',
      "ask for more: aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-88CF9481 --desired-value 24",
    ],
  ])("%s", async ([, yaml, changed, message, hint], { dir }) => {
    const { preflight } = await ask(dir, `${yaml}\n`, changed);
    expect(preflight.findings.filter(({ state }) => state === "problem").map(({ found }) => found)).toEqual([message]);
    const check = preflight.findings.find(({ state }) => state === "problem")?.check;
    expect(() => checkPreflight(preflight)).toThrow(
      expect.objectContaining({ code: `preflight/${check}`, message, hint, exit: 1 }),
    );
  });

  test("of a host that is there, and shall become one of another type", async ({ dir }) => {
    await deployed(dir, "aws_instance", { tags: { "sallyport:host": "accelerator-1" }, instance_type: F2 });
    const graviton = {
      DescribeInstanceTypeOfferings: offerings({ "g5g.xlarge": ["us-east-1a"] }),
      DescribeInstanceTypes: types({ "g5g.xlarge": 4 }, "arm64"),
    };
    const { preflight } = await ask(dir, "instance_type: g5g.xlarge\n", graviton);
    expect(() => checkPreflight(preflight)).toThrow(
      "g5g.xlarge has Graviton processors (arm64), and hosts need x86_64",
    );
    const same = await ask(dir, `instance_type: ${F2}\n`, { DescribeInstanceTypeOfferings: offerings({}) });
    expect(same.preflight.findings.filter(({ check }) => check === "type")).toEqual([]);
  });

  test("of a fleet that grows, for the machines that are more", async ({ dir }) => {
    const override = [{ instance_type: F2 }];
    const mixed_instances_policy = [{ launch_template: [{ override }] }];
    await deployed(dir, "aws_autoscaling_group", { name: "lab-fleet", desired_capacity: 1, mixed_instances_policy });
    const running = { DescribeInstances: instances(F2, 1, 24) };
    const grown = await ask(dir, "fleet: { max: 9, desired: 4 }\n", running);
    expect(() => checkPreflight(grown.preflight)).toThrow(
      '3 × f2.6xlarge need 72 vCPUs, and the quota "Running On-Demand F instances" is 64, of which 24 are in use',
    );
    const same = await ask(dir, "fleet: { max: 9, desired: 1 }\n", running);
    expect(same.preflight.findings.filter(({ check }) => check === "quota")).toEqual([]);
  });

  test("and all of it, if there is more than one thing", async ({ dir }) => {
    const { preflight } = await ask(dir, "", { DescribeVpcs: "<vpcSet/>", GetServiceQuota: { Quota: { Value: 0 } } });
    expect(() => checkPreflight(preflight)).toThrow(
      expect.objectContaining({
        message: "us-east-1 has no default VPC",
        hint: expect.stringMatching(/^make it: .*\nand f2\.6xlarge needs 24 vCPUs.*\nask for more: /),
      }),
    );
  });
});

describe("S-10: nothing else stands in the way", () => {
  test("not what a policy does not allow", async ({ dir }) => {
    const denied = Object.keys(ANSWERS).filter((action) => action !== "GetCallerIdentity");
    const refuse = (action: string) =>
      /^(?:Describe)/.test(action) ? "UnauthorizedOperation" : "AccessDeniedException";
    const { preflight } = await ask(
      dir,
      "ami: ami-0123456789abcdef0\n",
      Object.fromEntries(denied.map((action) => [action, { refuse: refuse(action) }])),
    );
    expect(preflight.findings.map(shown)).toEqual([
      "account ok: 111122223333 as user/ada",
      "region ok: us-east-1 (built in)",
      "network note: not checked: these credentials may not call ec2:DescribeVpcs",
      "type note: not checked: these credentials may not call ec2:DescribeInstanceTypeOfferings",
      "image note: not checked: these credentials may not call ec2:DescribeImages",
      "quota note: not checked: these credentials may not call servicequotas:GetServiceQuota",
      // AWS's list of prices is public, and a copy is here.
      "price ok: f2.6xlarge: about 1.98 USD an hour, 47.52 a day",
    ]);
    expect(() => checkPreflight(preflight)).not.toThrow();
  });

  test("not silence, which ends with the limit", async ({ dir }) => {
    const silent = Object.fromEntries(Object.keys(ANSWERS).map((action) => [action, "never" as const]));
    const { preflight } = await ask(dir, "", silent, { SALLYPORT_PREFLIGHT_SECONDS: "0.3" });
    expect(preflight.findings.filter(({ check }) => !["region", "price"].includes(check)).map(shown)).toEqual([
      "account note: not checked: AWS did not answer in time",
      "network note: not checked: AWS did not answer in time",
      "type note: not checked: AWS did not answer in time",
      "quota note: not checked: AWS did not answer in time",
    ]);
    expect(preflight.identity).toBeUndefined();
    expect(() => checkPreflight(preflight)).not.toThrow();
  });

  test("not a quota of machines that there are already", async ({ dir }) => {
    const host = { mode: "managed", type: "aws_instance", name: "x" };
    const tags = { "sallyport:host": "accelerator-1" };
    const state = { version: 4, resources: [{ ...host, instances: [{ attributes: { tags } }] }] };
    await writeFile(join(dir, "terraform.accelerator-hosts.tfstate"), JSON.stringify(state));
    const full = { GetServiceQuota: { Quota: { Value: 24 } }, DescribeInstances: instances(F2, 1, 24) };
    expect((await ask(dir, "count: 1\n", full)).preflight.findings.map(shown)).not.toContainEqual(
      expect.stringContaining("quota"),
    );
    expect((await ask(dir, "count: 2\n", full)).preflight.findings.map(shown)).toContain(
      'quota problem: f2.6xlarge needs 24 vCPUs, and the quota "Running On-Demand F instances" is 24, of which 24 are in use',
    );
  });

  test("not the vCPUs of a machine that becomes a larger one", async ({ dir }) => {
    await deployed(dir, "aws_instance", { tags: { "sallyport:host": "accelerator-1" }, instance_type: "f1.2xlarge" });
    const running = { DescribeInstances: instances("f1.2xlarge", 1, 8) };
    const quota = (value: number) => ({ GetServiceQuota: { Quota: { Value: value } } });
    const exact = await ask(dir, "", { ...running, ...quota(24) });
    expect(exact.preflight.findings.map(shown)).toContain(
      "quota ok: Running On-Demand F instances: 24 vCPUs; 24 more are needed",
    );
    const few = await ask(dir, "", { ...running, ...quota(23) });
    expect(few.preflight.findings.filter(({ state }) => state === "problem").map(({ check }) => check)).toEqual([
      "quota",
    ]);
  });

  test("not a spot quota where on-demand machines take its place, nor others' machines of other kinds", async ({
    dir,
  }) => {
    const { preflight } = await ask(dir, "spot: true\n", {
      GetServiceQuota: { Quota: { Value: 0 } },
      DescribeInstances: instances(F2, 2, 24),
    });
    expect(preflight.findings.map(shown)).toContain(
      'quota note: f2.6xlarge needs 24 vCPUs, and the quota "All F Spot Instance Requests" is 0: on-demand machines will take their place',
    );
    expect(preflight.findings.map(shown)).toContain(
      "price ok: f2.6xlarge: 0.79 USD an hour on the spot market now, 18.96 a day",
    );
  });

  test("not the default VPC, for hosts in subnets, for the lab and for existing hosts", async ({ dir }) => {
    const none = { DescribeVpcs: "<vpcSet/>" };
    const problems = async (yaml: string, more: Changed = {}) =>
      (await ask(dir, yaml, { ...none, ...more })).preflight.findings.filter(({ state }) => state === "problem");
    const small = {
      DescribeInstanceTypeOfferings: offerings({ "t3.small": ["us-east-1a"] }),
      DescribeInstanceTypes: types({ "t3.small": 2 }),
    };
    expect(await problems("lab_gateway: {}\n", small)).toEqual([]);
    expect(await problems("host_ip: 203.0.113.7\n")).toEqual([]);
    const subnet = subnets(["us-east-1a"]).replace("subnet-0", "subnet-0123456789abcdef0");
    expect(await problems("subnet_id: subnet-0123456789abcdef0\n", { DescribeSubnets: subnet })).toEqual([]);
    const inside = {
      DescribeSubnets: subnet.replace("</item>", "<mapPublicIpOnLaunch>false</mapPublicIpOnLaunch></item>"),
    };
    for (const option of ["use_private_ip", "disable_public_ingress"]) {
      expect(await problems(`subnet_id: subnet-0123456789abcdef0\n${option}: true\n`, inside)).toEqual([]);
    }
  });

  test("not an emulator, which has neither quotas nor prices", async ({ dir }) => {
    const { preflight, asked } = await ask(dir, "", {}, { AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
    expect(preflight.findings.map(({ check, state }) => `${check} ${state}`)).toEqual([
      "account ok",
      "region ok",
      "network ok",
      "type ok",
    ]);
    expect(asked.some((action) => /Quota|Price|Product/.test(action))).toBe(false);
  });

  test("not one of a fleet's types, if another is offered", async ({ dir }) => {
    const { preflight } = await ask(dir, "fleet: { max: 4, desired: 2, instance_types: [f1.2xlarge, f2.6xlarge] }\n");
    expect(preflight.findings.map(shown)).toContain("type ok: f2.6xlarge, 24 vCPUs, offered in us-east-1a, us-east-1c");
    expect(preflight.findings.filter(({ state }) => state === "problem")).toEqual([]);
  });
});

describe("S-10: who asks", () => {
  const refusalOf = async (dir: string, changed: Changed = {}) => {
    const { preflight } = await ask(dir, "", changed);
    expect(preflight.findings.map(({ check }) => check)).toEqual(["account", "region"]);
    expect(() => checkPreflight(preflight)).toThrow(preflight.refusal);
    return preflight.refusal;
  };

  test("is said where AWS does not know it, and that alone", async ({ dir }) => {
    expect(await refusalOf(dir, { GetCallerIdentity: { refuse: "ExpiredToken" } })).toMatchObject({
      code: "aws/credentials-expired",
      message: "the AWS credentials in AWS_ACCESS_KEY_ID have expired",
      exit: 4,
    });
  });

  test.for([
    [
      "nobody",
      undefined,
      "there are no AWS credentials",
      'type "aws configure" or "aws sso login", or set AWS_PROFILE',
    ],
    [
      "a profile that does not exist",
      "prod",
      'AWS_PROFILE names the profile "prod", which does not exist',
      "there are: mfa, source, sso; set another AWS_PROFILE, or type: aws configure --profile prod",
    ],
    [
      "an expired SSO login",
      "sso",
      'the SSO login of the profile "sso" has expired or was never made',
      "type: aws sso login --profile sso",
    ],
    [
      "a profile that needs an MFA code",
      "mfa",
      'the profile "mfa" asks for an MFA code, which Terraform cannot pass on',
      'start a session with the code first: eval "$(aws configure export-credentials --profile mfa --format env)"',
    ],
  ] as const)("is %s", async ([, profile, message, hint], { dir }) => {
    const aws = await startAws();
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, undefined);
    vi.stubEnv("AWS_PROFILE", profile);
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("HOME", dir);
    vi.stubEnv("AWS_CONFIG_FILE", join(dir, "config"));
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(dir, "credentials"));
    const sso =
      "sso_start_url = https://c.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 111122223333\nsso_role_name = dev";
    const mfa =
      "role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = source\nmfa_serial = arn:aws:iam::111122223333:mfa/ada";
    await writeFile(join(dir, "config"), `[profile sso]\n${sso}\n[profile mfa]\n${mfa}\n`);
    await writeFile(join(dir, "credentials"), "[source]\naws_access_key_id = a\naws_secret_access_key = b\n");
    const loaded = await loadConfig({ cwd: dir, env: { HOME: dir } });
    const options = { stacks: ["accelerator-hosts"], wanted: [], env: process.env } as const;
    const { refusal } = await runPreflight(loaded, options);
    expect(refusal).toMatchObject({ message, hint, exit: 4 });
    expect(aws.asked).toEqual([]);
  });
});
