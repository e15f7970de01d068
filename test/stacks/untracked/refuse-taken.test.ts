/** A deployment that is new here, and that AWS has already: named before anything is planned. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { loadConfig } from "../../../config/load.js";
import { STACK_NAMES } from "../../../stacks/names.js";
import { ensureProjectId } from "../../../stacks/place/record.js";
import { stackNamed } from "../../../stacks/registry.js";
import { refuseTaken } from "../../../stacks/untracked/refuse-taken.js";
import { test } from "../../fixtures/temporary.js";
import { type AwsAnswers, startAws } from "../../support/aws-server.js";
import { fakeTerraform } from "../../support/fake-terraform.js";
import { runInProcess } from "../../support/run-cli.js";

const items = (name: string, ...list: readonly string[]) =>
  `<${name}>${list.map((item) => `<item>${item}</item>`).join("")}</${name}>`;
const tags = (of: Readonly<Record<string, string>>) =>
  items("tagSet", ...Object.entries(of).map(([key, value]) => `<key>${key}</key><value>${value}</value>`));
const pair = (project: string) => ({
  DescribeKeyPairs: items("keySet", `<keyPairId>key-1</keyPairId>${tags({ "sallyport:project": project })}`),
});
const machine = (state: string, of: Readonly<Record<string, string>>) => {
  const text = `<instanceId>i-1</instanceId><instanceType>g6.xlarge</instanceType><instanceState><name>${state}</name></instanceState>${tags(of)}`;
  return { DescribeInstances: items("reservationSet", items("instancesSet", text)) };
};
const resources = (project: string, ...arns: readonly string[]) => ({
  ResourceTagMappingList: arns.map((ResourceARN) => ({
    ResourceARN,
    Tags: [{ Key: "sallyport:project", Value: project }],
  })),
});
const OTHER = "f".repeat(20);
const place = { account: "111122223333", region: "us-east-1" };
const DOMAIN = "arn:aws:codeartifact:us-east-1:111122223333:domain/lab";
const FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:lab-sync-20261201110203000000000001";
const hosts = { name: "accelerator-hosts", deployment: "lab-1a2b3c4d", claim: undefined } as const;
const domain = {
  name: "private-mirror",
  deployment: undefined,
  claim: {
    name: "lab",
    type: "codeartifact:domain",
    pattern: /^lab$/,
    isUnique: true,
    mend: "set private_mirror: { domain: … } to a name of its own",
  },
} as const;
const follower = {
  name: "firewall-sync",
  deployment: undefined,
  claim: {
    name: "lab",
    type: "lambda:function",
    pattern: /^lab-sync-[0-9a-f]{26}$/,
    isUnique: false,
    mend: "end the other one",
  },
} as const;

async function refuse(dir: string, stack: typeof hosts | typeof domain | typeof follower, answers: AwsAnswers) {
  const { asked } = await startAws(answers);
  const loaded = await loadConfig({ cwd: dir, env: { HOME: dir } });
  const notes: string[] = [];
  const options = { env: process.env, onNote: (text: string) => notes.push(text) };
  const done = refuseTaken(loaded, stack, place, options).then(
    () => undefined,
    ({ code, message, hint, exit }) => ({ code, message, hint, exit }),
  );
  return { refused: await done, notes, asked };
}

describe("S-09: named is", () => {
  test("a machine of the same name and key", async ({ dir }) => {
    const running = machine("running", { "sallyport:host": "accelerator-1", "sallyport:deployment": "lab-1a2b3c4d" });
    const { refused } = await refuse(dir, hosts, { ...running, ...pair(OTHER) });
    expect(refused).toEqual({
      code: "stacks/made-elsewhere",
      exit: 5,
      message:
        "accelerator-hosts lab-1a2b3c4d exists already in us-east-1 of account 111122223333, and was not made from here: i-1 (accelerator-1, g6.xlarge, running), key-1 (key pair)",
      hint: "go on in the project that has its state, or copy its terraform.accelerator-hosts.tfstate here; for a second deployment, give this one a name: of its own in sallyport.yaml; if the state is lost: sallyport adopt",
    });
  });

  test("a domain, of which there is one in an account and region", async ({ dir }) => {
    const { refused } = await refuse(dir, domain, { GetResources: resources(OTHER, DOMAIN) });
    expect(refused).toEqual({
      code: "stacks/made-elsewhere",
      exit: 5,
      message:
        "private-mirror lab exists already in us-east-1 of account 111122223333, and was not made from here: lab (codeartifact domain)",
      hint: "go on in the project that has its state, or copy its terraform.private-mirror.tfstate here; for a second deployment, set private_mirror: { domain: … } to a name of its own",
    });
  });

  test("a function, beside which a second one may work", async ({ dir }) => {
    const first = { ...resources(OTHER, DOMAIN), PaginationToken: "next" };
    const GetResources = (time: number) => (time === 1 ? first : resources(OTHER, FUNCTION));
    const { refused, notes } = await refuse(dir, follower, { GetResources });
    expect(refused).toBeUndefined();
    expect(notes).toEqual([
      "firewall-sync lab exists already in us-east-1 of account 111122223333, and was not made from here: lab-sync-20261201110203000000000001 (lambda function); end the other one",
    ]);
  });

  test.for([
    ["what the project made", undefined],
    ["what is called otherwise", resources(OTHER, `${DOMAIN}s`, `${FUNCTION}-x`)],
    ["nothing at all", {}],
  ] as const)("but not %s", async ([, answer], { dir }) => {
    const id = await ensureProjectId(dir);
    const GetResources = answer ?? resources(id, DOMAIN, FUNCTION);
    for (const stack of [domain, follower]) {
      const { refused, notes } = await refuse(dir, stack, { GetResources });
      expect([refused, notes]).toEqual([undefined, []]);
    }
    const { refused } = await refuse(dir, hosts, { ...machine("terminated", {}), ...pair(id) });
    expect(refused).toBeUndefined();
  });

  test("nothing where the state has the stack, for it is asked no more", async ({ dir }) => {
    const arn = "arn:aws:iam::111122223333:role/x";
    const role = { mode: "managed", type: "aws_iam_role", name: "x", instances: [{ attributes: { arn } }] };
    for (const name of STACK_NAMES) {
      await writeFile(join(dir, `terraform.${name}.tfstate`), JSON.stringify({ version: 4, resources: [role] }));
    }
    for (const stack of [hosts, domain, follower]) {
      const { refused, asked } = await refuse(dir, stack, { ...pair(OTHER), GetResources: resources(OTHER, DOMAIN) });
      expect([refused, asked]).toEqual([undefined, []]);
    }
  });

  test("that AWS was not asked, with a note, where a policy does not let it", async ({ dir }) => {
    const denied = {
      DescribeInstances: { refuse: "UnauthorizedOperation" },
      GetResources: { refuse: "AccessDeniedException" },
    };
    for (const stack of [hosts, domain, follower]) {
      const { refused, notes } = await refuse(dir, stack, denied);
      expect([refused, notes]).toEqual([
        undefined,
        [expect.stringMatching(/^not looked for an earlier deployment of/)],
      ]);
    }
  });
});

test("S-09: the stacks say what they would take", async ({ dir }) => {
  await writeFile(
    join(dir, "sallyport.yaml"),
    "name: lab\nprivate_mirror: { readers: [arn:aws:iam::111122223333:role/ci] }\n" +
      "firewall_sync: { source: 'faculty:https://example.my.faculty.ai', groups: [{ group: sg-0123456789abcdef0, ports: [22] }] }\n",
  );
  const env = { HOME: dir, PATH: process.env.PATH };
  const loaded = await loadConfig({ cwd: dir, env });
  const claims = [];
  for (const stack of ["private-mirror", "firewall-sync"] as const) {
    claims.push((await stackNamed(stack).prepareStack(loaded, { env })).claim);
  }
  expect(claims).toEqual([
    domain.claim,
    { ...follower.claim, mend: expect.stringContaining("undo each other's rules") },
  ]);
});

test("S-09: plan and up end before Terraform begins", async ({ dir }) => {
  const aws = await startAws({ GetResources: resources(OTHER, DOMAIN) });
  const terraform = await fakeTerraform(join(dir, "bin"));
  await writeFile(
    join(dir, "sallyport.yaml"),
    "name: lab\nprivate_mirror: { readers: [arn:aws:iam::111122223333:role/ci] }\n",
  );
  const env = { ...aws.env, HOME: dir, PATH: terraform.path };
  for (const command of ["plan", "up"]) {
    const { code, stderr } = await runInProcess([command, "private-mirror"], { cwd: dir, env });
    expect(code).toBe(5);
    expect(stderr).toContain("error: private-mirror lab exists already in us-east-1 of account 111122223333");
  }
  expect(await terraform.calls()).toEqual([]);
});
