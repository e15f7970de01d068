/** What stands between a client and the index, each started with nothing in it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  AssociateExternalConnectionCommand,
  CodeartifactClient,
  CreateDomainCommand,
  CreateRepositoryCommand,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-codeartifact";
import { freePort } from "../../local/network/free-port.js";

export const root = join(import.meta.dirname, "../..");
const ACCOUNT = "123456789012";

export interface Source {
  readonly pypi: string;
  readonly npm: string;
}

export interface Mirror {
  /** Without what a client says to be let in. */
  readonly pypi?: string;
  readonly npm: string;
  readonly token?: string;
  readonly child: ChildProcess;
}

/** The index itself. @param latencyMs waited before each of its answers */
export async function startUpstream(latencyMs: number): Promise<Source & { readonly child: ChildProcess }> {
  const script = join(import.meta.dirname, "upstream.ts");
  const args = ["--import", "tsx", script, String(latencyMs)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { ...(JSON.parse(line) as Source), child };
}

/** As a team runs it: a store with the connection, the team's repository above it, and a token. */
export async function startOurs(dir: string, upstream: Source): Promise<Mirror> {
  const port = await freePort();
  const connections = [`public:pypi=${upstream.pypi}`, `public:npmjs=${upstream.npm}`];
  const options = connections.flatMap((connection) => ["--connection", connection]);
  const args = ["mirror", "serve", "--dir", dir, "--listen", `127.0.0.1:${port}`, "--emulator", ...options];
  const child = spawn(process.execPath, [join(root, "dist/cli/main.js"), ...args], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/healthz`, child);
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const client = new CodeartifactClient({ region: "us-east-1", endpoint: url, credentials });
  const domain = "bench";
  await client.send(new CreateDomainCommand({ domain }));
  for (const [name, externalConnection] of [
    ["pypi-store", "public:pypi"],
    ["npm-store", "public:npmjs"],
  ] as const) {
    await client.send(new CreateRepositoryCommand({ domain, repository: name }));
    await client.send(new AssociateExternalConnectionCommand({ domain, repository: name, externalConnection }));
  }
  const upstreams = [{ repositoryName: "pypi-store" }, { repositoryName: "npm-store" }];
  await client.send(new CreateRepositoryCommand({ domain, repository: "team", upstreams }));
  const { authorizationToken = "" } = await client.send(new GetAuthorizationTokenCommand({ domain }));
  const base = `${url}/d/${domain}-${ACCOUNT}`;
  return { pypi: `${base}/pypi/team/simple/`, npm: `${base}/npm/team/`, token: authorizationToken, child };
}

/** @param program its `bin/verdaccio`. @param node that runs it: Verdaccio 6 asks for Node 22. */
export async function startVerdaccio(dir: string, upstream: Source, program: string, node: string): Promise<Mirror> {
  const port = await freePort();
  mkdirSync(dir, { recursive: true });
  const config = join(dir, "config.yaml");
  writeFileSync(
    config,
    `storage: ${dir}/storage
auth: { htpasswd: { file: ${dir}/htpasswd } }
uplinks: { upstream: { url: "${upstream.npm}", cache: true } }
packages: { "**": { access: $all, proxy: upstream } }
log: { type: stdout, format: json, level: fatal }
`,
  );
  const child = spawn(node, [program, "--config", config, "--listen", `127.0.0.1:${port}`], { stdio: "ignore" });
  await answers(`http://127.0.0.1:${port}/-/ping`, child);
  return { npm: `http://127.0.0.1:${port}/`, child };
}

export async function stop({ child }: { readonly child: ChildProcess }): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await gone;
  clearTimeout(timer);
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + 30_000;
  while (performance.now() < until && child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer`);
}
