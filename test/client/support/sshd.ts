/** A real OpenSSH server on a loopback port, with host keys and one authorized user key of its own. */
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { ensureKeyPair, type KeyPair } from "../../../certs/key-pair.js";
import { runOk } from "../../support/run.js";
import { temporaryDir } from "./temporary.js";

export interface Sshd {
  readonly dir: string;
  readonly port: number;
  readonly username: string;
  readonly keyPair: KeyPair;
  readonly privateKey: string;
  /** OpenSSH public key lines. */
  readonly hostKeys: readonly string[];
}

export interface SshdOptions {
  readonly keyType?: "rsa" | "ed25519";
  readonly hostKeyTypes?: readonly string[];
  /** @default a free port of the loopback */
  readonly listen?: { readonly address: string; readonly port: number };
  /** Where it runs, as in `NetNamespace.enter`. @default here */
  readonly enter?: (command: readonly string[]) => readonly string[];
}

/** One that goes away with the test that asked for it. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const sshd = await openSshd(await temporaryDir(), options);
  onTestFinished(() => sshd.close());
  return sshd;
}

/** @param dir made already. */
export async function openSshd(dir: string, options: SshdOptions = {}): Promise<Sshd & { close(): Promise<void> }> {
  const { keyType = "ed25519", hostKeyTypes = ["ed25519"], enter = (command) => command } = options;
  const at = (name: string) => join(dir, name);
  const keyPair = await ensureKeyPair({ name: "sallyport", type: keyType, dir: at("keys") });
  await writeFile(at("authorized_keys"), `${keyPair.publicKey}\n`, { mode: 0o600 });
  for (const type of hostKeyTypes) {
    await runOk("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "host", "-f", at(`host_${type}`)], {
      timeoutMs: 600_000,
    });
  }
  const { address, port } = options.listen ?? { address: "127.0.0.1", port: await freePort() };
  await writeFile(
    at("sshd_config"),
    [
      `Port ${port}`,
      `ListenAddress ${address}`,
      ...hostKeyTypes.map((type) => `HostKey ${at(`host_${type}`)}`),
      `AuthorizedKeysFile ${at("authorized_keys")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "PidFile none",
      "Subsystem sftp internal-sftp",
    ].join("\n"),
  );
  // The privilege separation directory, which a service manager makes otherwise.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const close = await serve(enter(["/usr/sbin/sshd", "-D", "-e", "-f", at("sshd_config")]));
  return {
    dir,
    port,
    username: userInfo().username,
    keyPair,
    privateKey: await readFile(keyPair.privatePath, "utf8"),
    hostKeys: await Promise.all(hostKeyTypes.map((type) => readFile(at(`host_${type}.pub`), "utf8"))),
    close,
  };
}

async function serve([program = "", ...args]: readonly string[]): Promise<() => Promise<void>> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`sshd ended: ${said.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      if (line.startsWith("Server listening")) resolve();
    });
  });
  return async () => {
    child.kill();
    await ended;
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
