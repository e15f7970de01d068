/**
 * A host for machines without namespaces. The deployed agent runs with the configuration from the instance's user data,
 * as an ordinary process on high loopback ports, with an sshd beside it if there is one. Nothing filters packets.
 */
import type { ChildProcess } from "node:child_process";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { makeDir } from "../../base/fs/make-dir.js";
import { runOk } from "../../base/process/run.js";
import { endChild, spawnWithParentDeath } from "../../base/process/spawn.js";
import { packageRoot } from "../../base/tools.js";
import type { InstanceFacts } from "../emulator/instance.js";
import { hostDead, hostNotReady } from "../errors.js";
import { freePort } from "../network/free-port.js";
import { probePort } from "../network/probe-port.js";
import { startSshd } from "./sshd.js";

export interface ProcessHost {
  readonly httpsPort: number;
  readonly httpPort: number;
  /** Undefined if there is no sshd. */
  readonly ssh: { readonly port: number; readonly user: string; readonly hostKey: string } | undefined;
  /** The authorized directory. */
  readonly sharedDir: string;
  readonly log: string;
  stop(): Promise<void>;
}

export interface ProcessHostOptions {
  readonly facts: InstanceFacts;
  readonly env: Readonly<Record<string, string>>;
  readonly dir: string;
  readonly signal?: AbortSignal;
}

export async function startProcessHost(options: ProcessHostOptions): Promise<ProcessHost> {
  const { dir, facts } = options;
  const [home, credentials] = [join(dir, "home"), join(dir, "credentials")];
  await makeDir(join(home, "shared"), 0o700);
  const children: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(children.map((child) => endChild(child)));
  };
  const [httpsPort, httpPort] = [await freePort(), await freePort()];
  const config = await writeAgentConfig(dir, facts, { https_port: httpsPort, http_port: httpPort });
  const agent = join(packageRoot, "dist/runtime/agent.mjs");
  await runOk(process.execPath, [agent, "fetch-secrets", "--config", config, "--out", credentials], {
    env: options.env,
    inheritEnv: false,
  });
  const log = join(dir, "agent.log");
  const output = await open(log, "w", 0o600);
  try {
    const env = { PATH: options.env.PATH, HOME: home, CREDENTIALS_DIRECTORY: credentials };
    const child = spawnWithParentDeath([process.execPath, agent, "serve", "--config", config], {
      stdio: ["pipe", output.fd, output.fd],
      env,
    });
    children.push(child);
    await answering(`http://127.0.0.1:${httpPort}/healthz`, child, log, options.signal);
    return {
      httpsPort,
      httpPort,
      sharedDir: join(home, "shared"),
      ssh: await sshBeside(dir, facts, children),
      log,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await output.close();
  }
}

/** The boot script's configuration, without the addresses that only a real host has. */
async function writeAgentConfig(
  dir: string,
  facts: InstanceFacts,
  ports: Readonly<Record<string, number>>,
): Promise<string> {
  const script = facts.userData?.toString() ?? "";
  const value = (name: string) => {
    const encoded = new RegExp(`^readonly ${name}='([A-Za-z0-9+/=]*)'$`, "m").exec(script)?.[1] ?? "";
    return Buffer.from(encoded, "base64").toString();
  };
  const certificate = join(dir, "tls.crt");
  await writeFile(certificate, value("tls_crt"));
  const settings = parse(value("agent_yaml")) as { tls: false | Record<string, string> };
  const file = join(dir, "agent.yaml");
  const tls = settings.tls === false ? false : { ...settings.tls, cert: certificate };
  await writeFile(file, stringify({ ...settings, listen: { address: "127.0.0.1", ...ports }, tls }));
  return file;
}

async function answering(url: string, child: ChildProcess, log: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    if (child.exitCode !== null) throw hostDead(log, await readFile(log, "utf8").catch(() => ""));
    const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer !== undefined) return;
    await delay(50);
  }
  throw hostNotReady("the agent did not answer", 30, await readFile(log, "utf8").catch(() => ""));
}

async function sshBeside(dir: string, facts: InstanceFacts, children: ChildProcess[]): Promise<ProcessHost["ssh"]> {
  if (facts.key === undefined) return undefined;
  const port = await freePort();
  const sshd = await startSshd({ dir, address: "127.0.0.1", port, key: facts.key.openssh });
  if (sshd === undefined) return undefined;
  children.push(sshd.child);
  // In a container, root's sshd may lack its privilege separation directory; then the demo goes on without SSH.
  for (let probed = await probePort("127.0.0.1", port, 1_000); probed.answer !== "answered"; ) {
    if (sshd.child.exitCode !== null) return undefined;
    await delay(50);
    probed = await probePort("127.0.0.1", port, 1_000);
  }
  return { port, user: sshd.user, hostKey: sshd.hostKey };
}
