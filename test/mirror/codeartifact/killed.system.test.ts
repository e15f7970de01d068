/** The daemon as a process, killed in the middle of what it does; and the AWS CLI's own login. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CreateDomainCommand, CreateRepositoryCommand, ListRepositoriesCommand } from "@aws-sdk/client-codeartifact";
import { afterEach, expect, test } from "vitest";
import { parseAccessKeys } from "../../../mirror/codeartifact/auth/access-keys.js";
import { nodeCommand } from "../../support/compiled.js";
import { newDir } from "../../support/new-dir.js";
import { HANGS_MS } from "../../support/run.js";
import { clientOf } from "./support/mirror.js";

const run = promisify(execFile);
const ROUNDS = 4;

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

async function start(dir: string): Promise<{ child: ChildProcess; url: string; keys: string }> {
  const config = join(dir, "mirror.yaml");
  writeFileSync(config, `dir: ${dir}\nlisten: { port: 0 }\n`);
  const [program, ...args] = nodeCommand("mirror/main.ts", ["serve", "--config", config]);
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    const line = text.split("\n").find((each) => each.includes('"event":"listening"') && each.endsWith("}"));
    if (line !== undefined) {
      child.stdout?.resume();
      return { child, url: JSON.parse(line).url, keys: join(dir, "access-keys") };
    }
  }
  throw new Error(text);
}

function clientFor(url: string, file: string) {
  const [key] = parseAccessKeys(readFileSync(file, "utf8"), file).values();
  return clientOf(url, key?.id ?? "", key?.secret ?? "");
}

test("what was answered is there after a SIGKILL, and the next start takes the lock over", async () => {
  const dir = newDir();
  const answered = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { child, url, keys } = await start(dir);
    const client = clientFor(url, keys);
    const domain = "my-domain";
    if (round === 0) await client.send(new CreateDomainCommand({ domain }));
    const { repositories = [] } = await client.send(new ListRepositoriesCommand({}));
    const there = new Set(repositories.map(({ name }) => name));
    expect([...answered].filter((name) => !there.has(name))).toEqual([]);
    // Killed while others of these are under way.
    const killAt = answered.size + 1 + Math.floor(Math.random() * 12);
    const asks = Array.from({ length: 15 }, (_, n) => `repository-${round}-${n}`).map(async (repository) => {
      await client.send(new CreateRepositoryCommand({ domain, repository }));
      answered.add(repository);
      if (answered.size === killAt) child.kill("SIGKILL");
    });
    await Promise.allSettled(asks);
  }
  expect(answered.size).toBeGreaterThanOrEqual(ROUNDS);
  const { url, keys } = await start(dir);
  const { repositories = [] } = await clientFor(url, keys).send(new ListRepositoriesCommand({}));
  expect(repositories.map(({ name }) => name)).toEqual(expect.arrayContaining([...answered]));
});

test("P-12 P-13 aws codeartifact login sets up pip and npm, unchanged", async () => {
  const dir = newDir();
  const home = join(dir, "home");
  mkdirSync(home);
  const { url, keys } = await start(dir);
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SHARED_CREDENTIALS_FILE: keys,
    AWS_PROFILE: "sallyport-mirror",
  };
  // Debian's CLI is older than AWS_ENDPOINT_URL_….
  const aws = (...args: string[]) =>
    run("aws", ["--endpoint-url", url, "codeartifact", ...args], { env, timeout: HANGS_MS });
  await aws("create-domain", "--domain", "my-domain");
  await aws("create-repository", "--domain", "my-domain", "--repository", "team");
  const login = ["--domain", "my-domain", "--domain-owner", "123456789012", "--repository", "team"];
  const { stdout } = await aws("login", "--tool", "pip", ...login);
  expect(stdout).toContain("Successfully configured pip to use AWS CodeArtifact repository");
  const { stdout: index } = await run("pip", ["config", "get", "global.index-url"], { env, timeout: HANGS_MS });
  const found = /^http:\/\/aws:([\w-]{43})@127\.0\.0\.1:\d+(\/d\/my-domain-123456789012\/pypi\/team\/simple\/)$/.exec(
    index.trim(),
  );
  expect(found?.[2]).toBeDefined();
  const authorization = `Basic ${Buffer.from(`aws:${found?.[1]}`).toString("base64")}`;
  expect((await fetch(`${url}${found?.[2]}`, { headers: { authorization } })).status).toBe(200);
  await aws("login", "--tool", "npm", ...login);
  expect(readFileSync(join(home, ".npmrc"), "utf8")).toContain(`registry=${url}/d/my-domain-123456789012/npm/team/`);
});
