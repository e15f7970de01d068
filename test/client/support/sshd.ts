/** A real OpenSSH server on a loopback port, with host keys and one authorized user key of its own. */
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { runOk } from "../../../base/run.js";
import { ensureKeyPair, type KeyPair } from "../../../certs/key-pair.js";
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

export async function startSshd(
  options: { keyType?: "rsa" | "ed25519"; hostKeyTypes?: readonly string[] } = {},
): Promise<Sshd> {
  const { keyType = "ed25519", hostKeyTypes = ["ed25519"] } = options;
  const dir = await temporaryDir();
  const at = (name: string) => join(dir, name);
  const keyPair = await ensureKeyPair({ name: "sallyport", type: keyType, dir: at("keys") });
  await writeFile(at("authorized_keys"), `${keyPair.publicKey}\n`, { mode: 0o600 });
  for (const type of hostKeyTypes) {
    await runOk("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "host", "-f", at(`host_${type}`)]);
  }
  const port = await freePort();
  await writeFile(
    at("sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
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
  await serve(at("sshd_config"));
  return {
    dir,
    port,
    username: userInfo().username,
    keyPair,
    privateKey: await readFile(keyPair.privatePath, "utf8"),
    hostKeys: await Promise.all(hostKeyTypes.map((type) => readFile(at(`host_${type}.pub`), "utf8"))),
  };
}

async function serve(config: string): Promise<void> {
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`sshd ended: ${said.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      if (line.startsWith("Server listening")) resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
