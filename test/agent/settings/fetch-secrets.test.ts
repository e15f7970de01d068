/** fetch-secrets against an SSM and an instance metadata service of our own, over real HTTP. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchSecrets } from "../../../agent/settings/fetch-secrets.js";
import { parseConfig } from "../../../agent/settings/parse.js";

const PARAMETERS: Record<string, string> = { "/h/tls-key": "-----KEY-----\n", "/h/token": "the-token" };
const servers: Server[] = [];
const seen: string[] = [];
let out: string;
const ENV = [
  "AWS_EC2_METADATA_SERVICE_ENDPOINT",
  "AWS_EC2_METADATA_V1_DISABLED",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CONFIG_FILE",
];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers only with a session token, as an instance with IMDSv2 required does. */
const metadata: RequestListener = (req, res) => {
  seen.push(`${req.method} ${req.url}`);
  if (req.method === "PUT" && req.url === "/latest/api/token") return void res.end("session");
  if (req.headers["x-aws-ec2-metadata-token"] !== "session") return void res.writeHead(401).end();
  const path = "/latest/meta-data/iam/security-credentials/";
  if (req.url === path) return void res.end("host-role");
  const Expiration = new Date(Date.now() + 3_600_000).toISOString();
  const keys = { AccessKeyId: "AKIAROLE", SecretAccessKey: "secret", Token: "session-token" };
  res.end(JSON.stringify({ Code: "Success", Type: "AWS-HMAC", LastUpdated: Expiration, ...keys, Expiration }));
};

/** @param refusals answers that come before the first good one. */
function ssm(refusals: number): RequestListener {
  let left = refusals;
  return (req, res) => {
    let body = "";
    req.on("data", (chunk) => {
      body += chunk;
    });
    req.on("end", () => {
      const { Name, WithDecryption } = JSON.parse(body);
      seen.push(`${req.headers["x-amz-target"]} ${Name} ${WithDecryption}`);
      res.setHeader("Content-Type", "application/x-amz-json-1.1");
      const allowed = /Credential=AKIAROLE\/\d+\/us-east-1\/ssm/.test(req.headers.authorization ?? "") && left-- <= 0;
      if (!allowed) {
        const error = { __type: "AccessDeniedException", message: "not authorized to perform: ssm:GetParameter" };
        return void res.writeHead(400).end(JSON.stringify(error));
      }
      res.end(JSON.stringify({ Parameter: { Name, Value: PARAMETERS[Name], Type: "SecureString" } }));
    });
  };
}

beforeEach(async () => {
  out = join(mkdtempSync(join(tmpdir(), "sallyport-secrets-")), "out");
  seen.length = 0;
  process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = await serve(metadata);
  process.env.AWS_EC2_METADATA_V1_DISABLED = "true";
  process.env.AWS_SHARED_CREDENTIALS_FILE = "/dev/null";
  process.env.AWS_CONFIG_FILE = "/dev/null";
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  for (const name of ENV) delete process.env[name];
  rmSync(join(out, ".."), { recursive: true });
});

const config = (endpoint: string, parameters: string) =>
  parseConfig(`name: h\ntls: false\nsecrets: { region: us-east-1, endpoint_url: "${endpoint}", ${parameters} }`, "f");
const BOTH = "tls_key_parameter: /h/tls-key, token_parameter: /h/token";

test("brings both with the instance's role over IMDSv2, into private files in a private directory", async () => {
  await fetchSecrets(config(await serve(ssm(0)), BOTH), { file: "f", out });
  expect(readFileSync(join(out, "tls.key"), "utf8")).toBe(PARAMETERS["/h/tls-key"]);
  expect(readFileSync(join(out, "token"), "utf8")).toBe("the-token");
  for (const name of ["tls.key", "token"]) expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);
  expect(statSync(out).mode & 0o777).toBe(0o700);
  expect(seen[0]).toBe("PUT /latest/api/token");
  expect(seen.filter((line) => line.startsWith("AmazonSSM"))).toEqual([
    "AmazonSSM.GetParameter /h/tls-key true",
    "AmazonSSM.GetParameter /h/token true",
  ]);
});

test("goes on trying while the role is not yet known everywhere", async () => {
  await fetchSecrets(config(await serve(ssm(3)), BOTH), { file: "f", out, firstPauseMs: 5 });
  expect(readFileSync(join(out, "token"), "utf8")).toBe("the-token");
});

test("gives up in time with one clear line, and writes nothing", async () => {
  const endpoint = await serve(ssm(1e9));
  const failed = fetchSecrets(config(endpoint, BOTH), { file: "f", out, seconds: 0.3, firstPauseMs: 20 });
  await expect(failed).rejects.toMatchObject({
    code: "agent/secrets-out-of-reach",
    message: 'parameter "/h/tls-key" could not be read within 0.3 s: not authorized to perform: ssm:GetParameter',
    hint: "the instance role must allow ssm:GetParameter on it, and the host must reach the SSM endpoint",
    exit: 1,
  });
  expect(() => statSync(join(out, "tls.key"))).toThrow("ENOENT");
});

test.each([
  ["<html>Sign in</html>", "the endpoint answered 200 with a web page, and not as AWS answers"],
  ["", "the endpoint answered 200 with nothing, and not as AWS answers"],
  ["{}", "the answer has no value"],
])("S-23: the answer %j is no secret", async (answer, said) => {
  const endpoint = await serve((_, res) => res.end(answer));
  const failed = fetchSecrets(config(endpoint, BOTH), { file: "f", out, seconds: 60, firstPauseMs: 60_001 });
  await expect(failed).rejects.toMatchObject({
    code: "agent/secrets-out-of-reach",
    message: `parameter "/h/tls-key" could not be read within 60 s: ${said}`,
  });
  expect(() => statSync(join(out, "tls.key"))).toThrow("ENOENT");
});

test("one that is not named becomes an empty file, since the unit loads both", async () => {
  await fetchSecrets(config(await serve(ssm(0)), "token_parameter: /h/token"), { file: "f", out });
  expect(readFileSync(join(out, "tls.key"), "utf8")).toBe("");
});

test("a second run replaces what is there", async () => {
  const endpoint = await serve(ssm(0));
  await fetchSecrets(config(endpoint, BOTH), { file: "f", out });
  PARAMETERS["/h/token"] = "another-token";
  await fetchSecrets(config(endpoint, BOTH), { file: "f", out });
  expect(readFileSync(join(out, "token"), "utf8")).toBe("another-token");
});
