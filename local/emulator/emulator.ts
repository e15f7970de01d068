/** The AWS emulator: moto_server on a free loopback port. Its state is in memory and ends with this process. */
import type { ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makeDir } from "../../base/fs/make-dir.js";
import { endChild, spawnWithParentDeath } from "../../base/process/spawn.js";
import { findProgram } from "../../base/tools.js";
import { emulatorMissing, emulatorSilent } from "../errors.js";
import { freePort } from "../network/free-port.js";

export interface Emulator {
  readonly url: string;
  /** Environment variables that make a program use the emulator as AWS. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  /** Directory of its log `moto.log`; created if missing. */
  readonly dir: string;
  readonly region?: string;
  readonly signal?: AbortSignal;
}

export const findEmulator = (): string | undefined => findProgram("moto_server");

/** Starts the emulator and waits until it answers. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const program = findEmulator();
  if (program === undefined) throw emulatorMissing();
  await makeDir(options.dir, 0o700);
  const log = join(options.dir, "moto.log");
  let said = "";
  let url = "";
  // Another process may take the free port before moto does. Moto then exits, and the next port is tried.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const child = await launch(program, port, log);
    if (await answers(url, child, options.signal)) {
      const stop = () => endChild(child);
      options.signal?.addEventListener("abort", () => void stop(), { once: true });
      return { url, env: environment(url, options.region ?? "us-east-1"), stop };
    }
    await endChild(child);
    options.signal?.throwIfAborted();
    said = (await readFile(log, "utf8").catch(() => "")).trim().split("\n").slice(-5).join("\n");
    if (!/address already in use/i.test(said)) break;
  }
  throw emulatorSilent(url, said);
}

async function launch(program: string, port: number, log: string): Promise<ChildProcess> {
  const file = await open(log, "w", 0o600);
  try {
    const command = [program, "--host", "127.0.0.1", "--port", String(port)];
    const env = { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true", PYTHONUNBUFFERED: "1" };
    const child = spawnWithParentDeath(command, { stdio: ["pipe", file.fd, file.fd], env });
    child.on("error", () => undefined);
    return child;
  } finally {
    await file.close();
  }
}

async function answers(url: string, child: ChildProcess, signal: AbortSignal | undefined): Promise<boolean> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null && !signal?.aborted) {
    const response = await fetch(`${url}/moto-api/data.json`, { signal: AbortSignal.timeout(20_000) }).catch(
      () => undefined,
    );
    await response?.body?.cancel();
    if (response?.ok) return true;
    await delay(100);
  }
  return false;
}

function environment(url: string, region: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    // The user's own profiles are neither read nor needed.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
  };
}
