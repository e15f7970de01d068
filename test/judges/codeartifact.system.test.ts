/** Every operation of the mirror's API, called with boto3 and held to botocore's model of the service. */
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { findProgram } from "../../base/tools.js";
import { apiRoutes } from "../../mirror/codeartifact/api/operations.js";
import { startTestMirror } from "../mirror/codeartifact/support/mirror.js";
import { wheel } from "../mirror/support/wheels.js";

/** boto3 comes with moto, be it in a virtual environment or not. */
async function pythonWithBoto(): Promise<string> {
  const moto = findProgram("moto_server");
  const beside = moto === undefined ? [] : [join(dirname(realpathSync(moto)), "python3")];
  for (const python of [...beside, "python3"]) {
    const { exitCode } = await execa(python, ["-c", "import boto3"], { reject: false });
    if (exitCode === 0) return python;
  }
  throw new Error('no Python here has boto3: run "node scripts/setup.mjs --tests"');
}

test("boto3 finds nothing in any answer or error that botocore's model does not have", async () => {
  const python = await pythonWithBoto();
  const first = await startTestMirror();
  const wheels = join(first.dir, "wheels");
  mkdirSync(wheels);
  const { name, content } = wheel({ name: "outside", version: "1.0" });
  writeFileSync(join(wheels, name), content);
  const keys = join(first.dir, "access-keys");
  const reader = ["AKIAREADERREADER2345", "r".repeat(40)] as const;
  const section = `\n[reader]\naws_access_key_id = ${reader[0]}\naws_secret_access_key = ${reader[1]}\n`;
  await first.stop();
  writeFileSync(keys, readFileSync(keys, "utf8") + section, { mode: 0o600 });
  // So that more calls than a second allows fall into one second, however slow the machine is.
  const now = () => Math.floor(Date.now() / 60_000) * 60_000;
  const mirror = await startTestMirror(`connections: { "public:pypi": "${wheels}" }`, first.dir, now);
  const operations = apiRoutes.map(({ operation }) => operation);
  const settings = { endpoint: mirror.mirror.url, key: first.id, secret: first.secret, reader, operations };
  const script = join(import.meta.dirname, "codeartifact.py");
  const env = { HOME: first.dir, PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: "true" };
  const said = await execa(python, [script], { input: JSON.stringify(settings), env, extendEnv: false });
  await mirror.stop();
  const { findings, judged, errors } = JSON.parse(said.stdout);
  expect(findings).toEqual([]);
  expect(Object.keys(judged).sort()).toEqual([...operations].sort());
  expect(Object.keys(errors).sort()).toEqual([
    "AccessDeniedException",
    "ConflictException",
    "InvalidSignatureException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
  ]);
});
