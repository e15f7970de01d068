/** docs/start/troubleshooting.md quotes messages: each of them is what the program prints. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { reportText, toReport } from "../../cli/report.js";
import { confirm } from "../../cli/terminal/confirm.js";
import type { Paint } from "../../cli/terminal/paint.js";
import * as client from "../../client/errors.js";
import { tokenExpired } from "../../client/gateway/errors.js";
import { callerUnknown } from "../../firewall/errors.js";
import { of as awsFault } from "../../firewall/security-group/aws-faults.js";
import { NotFromAws } from "../../http/client/aws-answers.js";
import { credentialsFault, noProfile } from "../../http/client/aws-credentials.js";
import { notDeployed } from "../../stacks/errors.js";
import * as place from "../../stacks/place/errors.js";
import { costSentence } from "../../stacks/preflight/cost.js";
import type { Facts } from "../../stacks/preflight/facts.js";
import { judge } from "../../stacks/preflight/judge.js";
import { checkPreflight } from "../../stacks/preflight/preflight.js";
import type { WantedMachines } from "../../stacks/preflight/wanted.js";
import { noTerraform, terraformFailed } from "../../stacks/terraform/errors.js";
import { remedyFor } from "../../stacks/terraform/remedies.js";
import { TerraformLog } from "../../stacks/terraform/terraform-log.js";
import * as untracked from "../../stacks/untracked/errors.js";
import { root } from "../support/cli.js";

const page = await readFile(join(root, "docs/start/troubleshooting.md"), "utf8");

const sdk = (name: string, message = "") => Object.assign(new Error(message), { name, $metadata: {} });
const credentials = (error: Error, env: Record<string, string> = {}) => credentialsFault(error, env);
const provider = (message: string) => sdk("CredentialsProviderError", message);
const KEYS = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "s" };

const MACHINE = {
  id: "i-0a1b",
  type: "instance",
  host: "accelerator-1",
  instance_type: "f2.6xlarge",
  state: "running",
  since: "2026-12-01T08:00:00.000Z",
  removable: true,
} as const;
const known = <T>(value: T) => ({ known: true, value }) as const;
const host = (type = "f2.6xlarge", ami = "ubuntu-24.04"): WantedMachines => ({
  what: "accelerator-1",
  types: [type],
  count: 1,
  ami,
  rootVolumeGib: 50,
  spot: "none",
  isPublic: true,
  network: { kind: "default" },
});
const facts: Facts = {
  network: known({ vpcId: "vpc-0a1b", zones: ["us-east-1a"], isPublic: true }),
  subnets: known(new Map()),
  zones: known(new Map(["f2.6xlarge", "g5g.xlarge"].map((type) => [type, ["us-east-1a", "us-east-1c"]]))),
  types: known(
    new Map([
      ["f2.6xlarge", { vcpus: 24, architectures: ["x86_64"] }],
      ["g5g.xlarge", { vcpus: 4, architectures: ["arm64"] }],
    ]),
  ),
  images: known(new Map([["ami-0123456789abcdef0", { architecture: "x86_64", rootGib: 90 }]])),
  quotas: new Map(["L-74FC7D96", "L-DB2E81BA"].map((code) => [code, known(64)])),
  running: known([]),
  prices: new Map(),
};
/** What ends `plan` and `up`. */
function preflight(changed: Partial<Facts>, machine = host()): unknown {
  const options = { region: "us-east-1", existing: new Map() };
  const findings = judge([machine], { ...facts, ...changed }, options);
  try {
    checkPreflight({ findings });
  } catch (error) {
    return error;
  }
  return undefined;
}

/** @param detail as AWS's provider reports it */
function terraform(step: string, summary: string, detail: string, address?: string) {
  const log = new TerraformLog(() => "accelerator-1/Instance");
  log.read(JSON.stringify({ type: "diagnostic", diagnostic: { severity: "error", summary, detail, address } }));
  return terraformFailed(step, log.explanation, log.failures);
}
const noCapacity =
  "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 500, api error InsufficientInstanceCapacity: We currently do not have sufficient f2.6xlarge capacity in the Availability Zone you requested (us-east-1a).";
const lockDetail = "Error message: resource temporarily unavailable";

const made = { action: "create", name: "accelerator-1/Instance", type: "aws_instance", address: "x" } as const;
const price = { usd: 1.98, source: "AWS" } as const;
const COST =
  costSentence([made], {
    wanted: [host()],
    existing: new Map(),
    prices: new Map([["f2.6xlarge", price]]),
    region: "us-east-1",
    autostop: true,
  }) ?? "";

const MESSAGES: readonly unknown[] = [
  credentials(provider("Could not load credentials from any providers")),
  credentials(provider("The SSO session associated with this profile has expired."), { AWS_PROFILE: "dev" }),
  credentials(provider("Profile dev requires multi-factor authentication"), { AWS_PROFILE: "dev" }),
  noProfile("prod", ["default", "dev"]),
  credentials(sdk("ExpiredToken"), KEYS),
  credentials(sdk("InvalidClientTokenId"), KEYS),
  credentials(sdk("RequestTimeTooSkewed")),
  place.outOfReach(
    "us-east-1",
    Object.assign(new Error("getaddrinfo ENOTFOUND sts.us-east-1.amazonaws.com"), { code: "ENOTFOUND" }),
  ),
  awsFault(new NotFromAws("https://sts.us-east-1.amazonaws.com", 200, "a web page"), "sts:GetCallerIdentity"),
  place.otherRegion("accelerator-hosts", { account: "111122223333", region: "us-east-1" }, "eu-west-1", "AWS_REGION"),
  place.otherAccount(
    "accelerator-hosts",
    { account: "111122223333", region: "us-east-1" },
    { account: "444455556666", arn: "arn:aws:iam::444455556666:user/ada" },
  ),
  untracked.madeElsewhere("accelerator-hosts", "lab-1a2b3c4d", { account: "111122223333", region: "us-east-1" }, [
    { ...MACHINE, removable: false },
  ]),
  untracked.untrackedLeft([MACHINE]),
  untracked.groupsInUse([{ group: "sg-0a1b", id: "eni-0c2d", of: "i-0e3f" }]),
  preflight({ network: known({ vpcId: undefined, zones: [], isPublic: false }) }),
  preflight({ network: known({ vpcId: "vpc-0a1b", zones: ["us-east-1e"], isPublic: true }) }),
  preflight({ zones: known(new Map()) }),
  preflight({}, host("g5g.xlarge")),
  preflight({}, host("f2.6xlarge", "ami-0123456789abcdef0")),
  preflight({ quotas: new Map([["L-74FC7D96", known(0)]]) }),
  terraform("apply", noCapacity, "", "aws_instance.x"),
  terraform(
    "apply",
    "creating EC2 Instance: api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/ada is not authorized to perform: ec2:RunInstances",
    "",
    "aws_instance.x",
  ),
  terraform("plan", "Error acquiring the state lock", lockDetail),
  await confirm({ options: { json: false, quiet: false, debug: false }, signal: new AbortController().signal }, COST, {
    input: new PassThrough(),
    output: new PassThrough(),
  }).catch((error: unknown) => error),
  noTerraform(["terraform", "tofu"]),
  callerUnknown("no such name, or no network (7 services asked)"),
  notDeployed("/home/ada/project"),
  client.noAnswer("203.0.113.7:443", 10_000),
  client.refused("203.0.113.7:443", undefined),
  client.foreignCertificate("203.0.113.7:443", "its SHA-256 fingerprint is 04:5E:2B:5E…"),
  client.peerCertificateExpired("203.0.113.7:443", undefined),
  client.refusedByHost(
    401,
    'the host answered 401 to "/v1/files/shared/x": "send the header Authorization: Bearer <token>"',
  ),
  client.sshDenied("203.0.113.7:22", "ubuntu", undefined),
  tokenExpired(new Date("2026-12-01T08:00:00Z")),
];

const plain: Paint = { ...({} as Paint), red: (text) => String(text), dim: (text) => String(text) };
const printed = MESSAGES.map((error) => reportText(toReport(error), plain, false));
const quoted = [...page.matchAll(/^```text\n(error: [\s\S]*?)\n```$/gm)].map(([, text]) => text);

describe("docs/start/troubleshooting.md", () => {
  test.each(printed.map((text) => [text.split("\n", 1)[0], text]))("quotes what is printed: %s", (_, text) => {
    expect(quoted).toContain(text);
  });

  test("quotes nothing else, and says for each message why and what to type", () => {
    expect(quoted.filter((text) => !printed.includes(text ?? ""))).toEqual([]);
    const entries = page.split(/^### /m).slice(1);
    expect(entries.length).toBeGreaterThan(20);
    for (const entry of entries) {
      const [title = "", ...rest] = entry.split("\n");
      expect(rest.join("\n"), title).toMatch(/```text\nerror: /);
      expect(rest.join("\n"), title).toMatch(/^\*\*Why\*\*: /m);
      expect(rest.join("\n"), title).toMatch(/^\*\*Type\*\*: /m);
    }
  });
});

describe("S-10: what Terraform says ends with what to do", () => {
  test.each([
    ["InsufficientInstanceCapacity: We currently do not have", /^AWS has no such machine free/],
    ["api error VcpuLimitExceeded: You have requested more vCPU capacity", /quota of vCPUs is used up/],
    [
      "Unsupported: Your requested instance type (f2) is not supported\nin your requested Availability Zone (us-east-1e)",
      /that zone/,
    ],
    ["api error PendingVerification: Your request", /follow its e-mail/],
    ["Error acquiring the state lock", /^another command is at work/],
    ["api error ExpiredToken: The security token included in the request is expired", /expired meanwhile/],
    ["AccessDenied: User: arn is not authorized to perform: iam:CreateRole", /^allow the action/],
  ])("%s", (said, remedy) => {
    expect(remedyFor(said)).toMatch(remedy);
    expect(terraformFailed("apply", `x: first\n${said}`).hint).toMatch(
      new RegExp(`${remedyFor(said)?.replace(/[()]/g, ".")}$`),
    );
  });

  test("and where nothing is known, with Terraform's words alone", () => {
    expect(terraformFailed("apply", "x: InvalidParameterValue\nmore").hint).toBe("more");
    expect(terraformFailed("apply", "x: InvalidParameterValue").hint).toBeUndefined();
  });
});
