import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Testing } from "cdktf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../../config/load.js";
import type { FirewallSyncInputs } from "../../../stacks/firewall-sync/inputs.js";
import { prepareSync } from "../../../stacks/firewall-sync/prepare.js";
import { FirewallSyncStack } from "../../../stacks/firewall-sync/stack.js";
import { only, type Synthesized } from "../support/sample.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "firewall-sync-"));
  await writeFile(join(dir, "firewall-sync.mjs"), "export const handler = async () => {};\n");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function prepare(yaml: string): Promise<FirewallSyncInputs> {
  await writeFile(join(dir, "sallyport.yaml"), yaml);
  const env = { HOME: dir };
  return prepareSync(await loadConfig({ cwd: dir, env }), { env, runtime: { bundle: dir } });
}

const GROUP = "sg-0123456789abcdef0";
const LIST = "pl-0123456789abcdef0";
const FACULTY = `
region: eu-west-1
firewall_sync:
  source: faculty:https://example.my.faculty.ai
  groups:
    - { group: ${GROUP}, ports: [5432, 8000-8010] }
`;

describe("what firewall_sync says", () => {
  test("is what the function is told", async () => {
    const yaml = `${FACULTY}  prefix_lists: [${LIST}]
  every: 1h
  owner: databases
  family: 4
  token_parameter: /lists/token
  max_shrink: 20
  skip_invalid: true
  quota: 100
  log_retention_days: 7
`;
    expect(await prepare(yaml)).toMatchObject({
      settings: {
        sources: ["faculty:https://example.my.faculty.ai"],
        targets: [
          {
            kind: "group",
            groupId: GROUP,
            protocol: "tcp",
            ports: [
              { from: 5432, to: 5432 },
              { from: 8000, to: 8010 },
            ],
          },
          { kind: "prefix-list", prefixListId: LIST },
        ],
        owner: "databases",
        permits: { maxShrink: 0.2, skipInvalid: true },
        family: 4,
        quota: 100,
        credentials: { kind: "bearer", parameter: "/lists/token" },
      },
      schedule: "rate(1 hour)",
      logRetentionDays: 7,
    });
  });

  test("has defaults: every 5 minutes, logs for 30 days, the owner that the command would take", async () => {
    const { settings, schedule, logRetentionDays } = await prepare(FACULTY);
    expect({ owner: settings.owner, schedule, logRetentionDays }).toEqual({
      owner: "example.my.faculty.ai",
      schedule: "rate(5 minutes)",
      logRetentionDays: 30,
    });
  });

  test.each<[why: string, yaml: string, message: string]>([
    ["nothing to follow", "", "nothing says what firewall-sync is to follow"],
    [
      "the caller, who is nobody there",
      `firewall_sync: { source: caller, groups: [{ group: ${GROUP}, ports: [22] }] }`,
      'sallyport.yaml:1:18: "caller" is something of this machine, which a function does not see',
    ],
    [
      "a file of this machine",
      `firewall_sync: { source: "file:allowed.txt", groups: [{ group: ${GROUP}, ports: [22] }] }`,
      'sallyport.yaml:1:18: "file:allowed.txt" is something of this machine, which a function does not see',
    ],
    [
      "a source without a target",
      'firewall_sync: { source: "dns:a.example.com" }',
      "firewall_sync names neither a group",
    ],
    ["leases of a prefix list", `firewall_sync: { prefix_lists: [${LIST}] }`, "firewall_sync names neither a group"],
    [
      "a list for no port",
      `firewall_sync: { source: "dns:a.example.com", groups: [{ group: ${GROUP} }] }`,
      `sallyport.yaml:1:56: the group "${GROUP}" has no ports`,
    ],
    [
      "a range backwards",
      `firewall_sync: { source: "dns:a.example.com", groups: [{ group: ${GROUP}, ports: [9-8] }] }`,
      'sallyport.yaml:1:56: "9-8" is not a range of ports',
    ],
    [
      "several sources without a name",
      `firewall_sync: { source: ["dns:a.example.com", "dns:b.example.com"], prefix_lists: [${LIST}] }`,
      "nothing says under which name the rules of 2 sources are kept",
    ],
    [
      "the owner of leases",
      `firewall_sync: { source: "dns:a.example.com", owner: access, prefix_lists: [${LIST}] }`,
      'the owner "access" is for leases',
    ],
    [
      "a secret for a name server",
      `firewall_sync: { source: "dns:a.example.com", token_parameter: /t, prefix_lists: [${LIST}] }`,
      "credentials are for one source with a URL, and there is not exactly one",
    ],
    [
      "the hosts' group before there are hosts",
      "firewall_sync: { groups: [{ group: hosts }] }",
      "no hosts are deployed from",
    ],
  ])("%s is refused", async (_why, yaml, message) => {
    await expect(prepare(yaml)).rejects.toThrow(message);
  });

  test("without a source it ends the leases of its groups, for which it needs no ports", async () => {
    const { settings } = await prepare(`firewall_sync: { groups: [{ group: ${GROUP} }] }`);
    expect(settings).toMatchObject({ sources: [], targets: [{ kind: "group", groupId: GROUP, ports: [] }] });
  });
});

describe("the zip file", () => {
  test("is equal for equal code, known by its digest, and readable by somebody else's unzip", async () => {
    const [one, two] = [await prepare(FACULTY), await prepare(FACULTY)];
    expect(two.bundle).toEqual(one.bundle);
    const bytes = await readFile(one.bundle.file);
    expect(createHash("sha256").update(bytes).digest("base64")).toBe(one.bundle.sha256);
    const script =
      "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist(), oct(z.infolist()[0].external_attr >> 16), z.read('firewall-sync.mjs').decode())";
    const { stdout } = await promisify(execFile)("python3", ["-c", script, one.bundle.file]);
    expect(stdout).toBe("None ['firewall-sync.mjs'] 0o100644 export const handler = async () => {};\n\n");
  });

  test("says what to do where nothing is built", async () => {
    await rm(join(dir, "firewall-sync.mjs"));
    await expect(prepare(FACULTY)).rejects.toMatchObject({
      code: "stacks/not-built",
      hint: 'run "npm run build" first',
    });
  });
});

describe("the stack", () => {
  const synth = async (yaml: string): Promise<Synthesized> => {
    const inputs = await prepare(yaml);
    return JSON.parse(Testing.synth(new FirewallSyncStack(Testing.app(), inputs))) as Synthesized;
  };
  const ROLE = `\${aws_iam_role.Access_Role_B85239E2.name}`;
  const ACCOUNT = `\${data.aws_caller_identity.Access_Account_6EE913B5.account_id}`;
  const statements = async (yaml: string) => {
    const { policy } = only(await synth(yaml), "aws_iam_role_policy");
    return (JSON.parse(String(policy)) as { Statement: { Sid: string; Action: unknown; Resource: unknown }[] })
      .Statement;
  };

  test("is a function on a schedule, its log and its role, and nothing else", async () => {
    const found = await synth(FACULTY);
    expect(
      Object.entries(found.resource)
        .map(([type, all]) => `${Object.keys(all).length} ${type}`)
        .sort(),
    ).toEqual([
      "1 aws_cloudwatch_event_rule",
      "1 aws_cloudwatch_event_target",
      "1 aws_cloudwatch_log_group",
      "1 aws_iam_role",
      "1 aws_iam_role_policy",
      "1 aws_lambda_function",
      "1 aws_lambda_permission",
    ]);
    const { filename: _, source_code_hash, depends_on, environment, ...rest } = only(found, "aws_lambda_function");
    expect(rest).toEqual({
      architectures: ["arm64"],
      description: "Follows example.my.faculty.ai",
      function_name: ROLE,
      handler: "firewall-sync.handler",
      memory_size: 256,
      role: ROLE.replace(".name", ".arn"),
      runtime: "nodejs22.x",
      timeout: 55,
    });
    expect(source_code_hash).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(Object.keys((environment as { variables: object }).variables)).toEqual(["SALLYPORT_SYNC"]);
    expect(depends_on).toHaveLength(2);
    expect(only(found, "aws_cloudwatch_log_group")).toEqual({ name: `/aws/lambda/${ROLE}`, retention_in_days: 30 });
    expect(only(found, "aws_cloudwatch_event_rule").schedule_expression).toBe("rate(5 minutes)");
  });

  test("may change the named groups and lists, read the one secret, and nothing else", async () => {
    const yaml = `${FACULTY}    - { group: ${GROUP}, ports: [22] }
  prefix_lists: [${LIST}]
  basic_parameter: /lists/basic
`;
    expect(await statements(yaml)).toEqual([
      {
        Sid: "ReadRules",
        Effect: "Allow",
        Action: ["ec2:DescribeManagedPrefixLists", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups"],
        Resource: ["*"],
      },
      {
        Sid: "ChangeNamedGroups",
        Effect: "Allow",
        Action: [
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:RevokeSecurityGroupIngress",
          "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ],
        Resource: [`arn:aws:ec2:eu-west-1:${ACCOUNT}:security-group/${GROUP}`],
      },
      {
        Sid: "ChangeNamedLists",
        Effect: "Allow",
        Action: ["ec2:GetManagedPrefixListEntries", "ec2:ModifyManagedPrefixList"],
        Resource: [`arn:aws:ec2:eu-west-1:${ACCOUNT}:prefix-list/${LIST}`],
      },
      {
        Sid: "ReadOneSecret",
        Effect: "Allow",
        Action: "ssm:GetParameter",
        Resource: [`arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/lists/basic`],
      },
      {
        Sid: "WriteOwnLog",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [expect.stringMatching(/^\$\{aws_cloudwatch_log_group\.Log_?\w*\.arn\}:\*$/)],
      },
    ]);
  });

  test("has no statement for what is not configured", async () => {
    expect((await statements(FACULTY)).map(({ Sid }) => Sid)).toEqual([
      "ReadRules",
      "ChangeNamedGroups",
      "WriteOwnLog",
    ]);
  });

  test("only Lambda may take the role, and only the schedule may invoke the function", async () => {
    const found = await synth(FACULTY);
    expect(JSON.parse(String(only(found, "aws_iam_role").assume_role_policy)).Statement).toEqual([
      { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
    ]);
    expect(only(found, "aws_lambda_permission")).toMatchObject({
      principal: "events.amazonaws.com",
      source_arn: expect.stringMatching(/^\$\{aws_cloudwatch_event_rule\.Schedule\w*\.arn\}$/),
    });
  });
});
