import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, onTestFinished, vi } from "vitest";
import { connectEc2 } from "../../../firewall/security-group/ec2.js";
import { awsConnection } from "../../../http/client/aws.js";
import { notFromAws } from "../../../http/client/aws-answers.js";
import { CodeArtifact } from "../../../mirror/login/codeartifact.js";
import { Cidr } from "../../../net/cidr.js";
import { cidrSource, tcpRule } from "../../../net/ingress-rule.js";
import { readMembers } from "../../../stacks/accelerator-hosts/fleet-members.js";
import { Instances } from "../../../stacks/lifecycle/instances.js";
import { test } from "../../fixtures/temporary.js";
import { root } from "../../support/cli.js";

beforeEach(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_REGION", "us-east-1");
});
afterEach(() => vi.unstubAllEnvs());

/** Only a proxy knows this name. */
const ENDPOINT = "http://aws.invalid";

/** All requests to AWS go to it, by a proxy variable. @returns the URLs that it was asked for */
async function standBetween(listener: RequestListener): Promise<string[]> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  vi.stubEnv("AWS_ENDPOINT_URL", ENDPOINT);
  const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv("http_proxy", proxy);
  vi.stubEnv("https_proxy", proxy);
  return asked;
}

const ssh = tcpRule(22, cidrSource(Cidr.of("203.0.113.7")));
const rule = { rule: ssh, description: "x" };
const domain = { domain: "d", repository: "r", region: "us-east-1", apiUrl: ENDPOINT };
const fleet = {
  autoscaling_group_name: "lab-fleet",
  launch_template_id: "lt-1",
  region: "us-east-1",
  agent_scheme: "https",
  private_address: false,
  ssh_user: "ubuntu",
  ssh_command: "ssh ADDRESS",
};
const ec2 = () => connectEc2({ region: "us-east-1" });
const instances = () => new Instances({ region: "us-east-1" });

/** Every client of AWS that the commands have. */
const CALLS: readonly (readonly [string, () => Promise<unknown>])[] = [
  ["rules are read", () => ec2().readRules(["sg-1"])],
  ["rules are added", () => ec2().authorize("sg-1", [rule])],
  ["rules are removed", () => ec2().revoke("sg-1", [{ ...ssh, id: "sgr-1", description: "x" }])],
  ["a prefix list is read", () => ec2().readPrefixList("pl-1")],
  ["instances are read", () => instances().read(["i-1"])],
  ["an instance is started", () => instances().start("i-1")],
  ["an instance is stopped", () => instances().stop("i-1")],
  ["a fleet is read", () => readMembers(fleet)],
  ["a token is fetched", () => new CodeArtifact(domain).authorize()],
  ["controls are set", () => new CodeArtifact(domain).setControls(PACKAGE, { publish: "BLOCK", upstream: "ALLOW" })],
  ["the caller is asked for", () => new STSClient(awsConnection()).send(new GetCallerIdentityCommand({}))],
  ["a parameter is read", () => new SSMClient(awsConnection()).send(new GetParameterCommand({ Name: "/x" }))],
];
const PACKAGE = { format: "npm", name: "x" } as const;

describe("S-23: an answer that is not AWS's is a failure", () => {
  test.each(CALLS)("when %s", async (_, call) => {
    for (const [body, found] of [
      ["<!DOCTYPE html>\n<html><body>Sign in to the network</body></html>", "a web page"],
      ["", "nothing"],
      ["ok", "text"],
      ["<Response><Errors><Error><Code>Blocked</Code></Error></Errors></Response>", "an error"],
    ]) {
      const asked = await standBetween((_, response) => response.end(body));
      const failed = await call().then(
        () => "succeeded",
        (error: Error) => [error.message, (error.cause as Error | undefined)?.message].join(" "),
      );
      expect(failed).toContain(`${ENDPOINT} answered 200 with ${found}, and not as AWS answers`);
      // S-13: as Terraform, through the proxy. A failure that stays is asked once.
      expect(asked).toHaveLength(1);
      expect(asked[0]).toContain(`${ENDPOINT}/`);
    }
  });

  test("of any status, and with a sentence of what may stand between", async () => {
    await standBetween((_, response) => response.writeHead(403).end("<html>blocked</html>"));
    await expect(ec2().readRules(["sg-1"])).rejects.toMatchObject({
      code: "firewall/not-from-aws",
      message: `ec2:DescribeSecurityGroupRules failed: ${ENDPOINT} answered 403 with a web page, and not as AWS answers`,
      hint: "a proxy or a captive portal answers in its place: look at HTTPS_PROXY, NO_PROXY and AWS_ENDPOINT_URL",
    });
    await expect(new CodeArtifact(domain).authorize()).rejects.toMatchObject({ code: "mirror/not-from-aws" });
  });

  test("and AWS's own answers and refusals are none", () => {
    const taken = [
      '<?xml version="1.0" encoding="UTF-8"?>\n<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"/>',
      "<!-- x --><Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
      '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"></ErrorResponse>',
      "<aws:GetCallerIdentityResponse>",
      "\ufeff{}",
      '\n{"__type":"x"}',
    ];
    expect(taken.map((text) => notFromAws(Buffer.from(text), 400))).toEqual(taken.map(() => undefined));
    const answers = taken.filter((text) => !text.includes("Error"));
    expect(answers.map((text) => notFromAws(Buffer.from(text), 200))).toEqual(answers.map(() => undefined));
    expect(taken.filter((text) => notFromAws(Buffer.from(text), 200) === "an error")).toHaveLength(2);
    const refused = ["<html>", "<HTML lang=de>", "<?xml version='1.0'?><html xmlns='x'>", "<svg/>", "Response", " \n"];
    const found = ["a web page", "a web page", "a web page", "text", "text", "nothing"];
    expect(refused.map((text) => notFromAws(Buffer.from(text), 400))).toEqual(found);
  });
});

test("S-13: credentials are fetched through the proxy too, whatever their source", async ({ dir }) => {
  const asked = await standBetween(() => undefined);
  vi.stubEnv("AWS_ENDPOINT_URL", undefined);
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", dir);
  vi.stubEnv("AWS_CONFIG_FILE", join(dir, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(dir, "credentials"));
  const start = "https://corp.awsapps.com/start";
  const account = "sso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = dev";
  await writeFile(
    join(dir, "config"),
    `[profile sso]\nsso_start_url = ${start}\n${account}\n[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = keys\nregion = eu-west-2\n`,
  );
  await writeFile(join(dir, "credentials"), "[keys]\naws_access_key_id = a\naws_secret_access_key = b\n");
  const cache = join(dir, ".aws/sso/cache");
  await mkdir(cache, { recursive: true });
  const token = { accessToken: "t", expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
  await writeFile(join(cache, `${createHash("sha1").update(start).digest("hex")}.json`), JSON.stringify(token));
  for (const [profile, host] of [
    ["sso", "portal.sso.eu-west-1.amazonaws.com:443"],
    ["role", "sts.eu-west-2.amazonaws.com:443"],
  ] as const) {
    vi.stubEnv("AWS_PROFILE", profile);
    const sts = new STSClient({ ...awsConnection(), maxAttempts: 1 });
    await expect(sts.send(new GetCallerIdentityCommand({})), profile).rejects.toThrow("the proxy answered 403");
    expect(new Set(asked.splice(0)), profile).toEqual(new Set([`CONNECT ${host}`]));
  }
});

test("the environment's keys come before AWS_PROFILE, as with Terraform", async () => {
  const keys: string[] = [];
  await standBetween(({ headers }, response) => {
    keys.push(/Credential=([^/]+)/.exec(headers.authorization ?? "")?.[1] ?? "none");
    response.end("{}");
  });
  vi.stubEnv("AWS_PROFILE", "other");
  await new SSMClient(awsConnection()).send(new GetParameterCommand({ Name: "/x" }));
  expect(keys).toEqual(["test"]);
  // The SDK warns of the two sources.
  const warned = vi.spyOn(console, "warn").mockReturnValue();
  onTestFinished(() => warned.mockRestore());
  const named = new SSMClient(awsConnection({ profile: "other" })).send(new GetParameterCommand({ Name: "/x" }));
  await expect(named).rejects.toThrow(/credentials/i);
});

describe("the handler", () => {
  test("sends what was signed: method, path, query and body", async () => {
    const seen: string[] = [];
    const asked = await standBetween((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => seen.push(text));
      request.on("end", () => response.end('{"versions":[{"version":"1.0.0"}]}'));
    });
    const found = await new CodeArtifact(domain).versions({ format: "npm", namespace: "a b", name: "x(1)" });
    expect(found).toEqual([{ version: "1.0.0", external: false }]);
    expect(asked[0]).toMatch(/^POST http:\/\/aws\.invalid\/v1\/package\/versions\?.*package=x%281%29&namespace=a%20b/);
    expect(seen).toEqual([]);
  });

  test("names failures as the SDK knows them, so that it repeats what may be repeated", async () => {
    let times = 0;
    const asked = await standBetween((request, response) => {
      times += 1;
      if (times < 3) return void request.socket.destroy();
      response.end(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
      );
    });
    const sts = new STSClient({ ...awsConnection(), maxAttempts: 3 });
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: "1" });
    expect(asked).toHaveLength(3);
    await standBetween(() => undefined);
    const slow = new STSClient({ ...awsConnection({ requestMs: 50 }), maxAttempts: 1 });
    await expect(slow.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "TimeoutError" });
    const abortSignal = AbortSignal.abort();
    await expect(slow.send(new GetCallerIdentityCommand({}), { abortSignal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

/** The others meet hosts, gateways and the emulator, or make no connection. */
const ROOMS = ["agent", "cli", "config", "firewall", "gateway", "mirror", "stacks"];

test("S-13: every client of AWS and of other services is made with the environment's proxy", async () => {
  const found: string[] = [];
  for (const room of ROOMS) {
    for (const file of await readdir(join(root, room), { recursive: true })) {
      if (!file.endsWith(".ts")) continue;
      const text = await readFile(join(root, room, file), "utf8");
      for (const { index } of text.matchAll(/new (?:HttpClient|(?:EC2|SSM|STS|Codeartifact)Client)\(/g)) {
        const made = text.slice(index - 80, index + 300);
        found.push(
          `${room}/${file}: ${/awsConnection\(|acceptAwsOnly\(|kind: "proxy"/.test(made) ? "through the proxy" : "past it"}`,
        );
      }
    }
  }
  expect(found.filter((line) => line.endsWith("past it"))).toEqual([]);
  expect(found.length).toBeGreaterThan(10);
});
