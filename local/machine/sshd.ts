/** An OpenSSH server as an ordinary process, with its own host key. Its only user is the one that runs it. */
import type { ChildProcess } from "node:child_process";
import { chmod, open, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { runOk } from "../../base/process/run.js";
import { spawnWithParentDeath } from "../../base/process/spawn.js";
import { findProgram } from "../../base/tools.js";

export interface SshdOptions {
  /** Directory of its key, settings and log. */
  readonly dir: string;
  readonly address: string;
  readonly port: number;
  /** Public key that may log in, in OpenSSH's format. */
  readonly key: string;
  /** Wraps the command to run it elsewhere, such as `namespace.enter`. @default - this machine */
  readonly enter?: (command: readonly string[]) => string[];
}

export interface Sshd {
  /** The process. It may exit at once if something is missing. */
  readonly child: ChildProcess;
  readonly user: string;
  readonly hostKey: string;
}

/** @returns undefined if there is no sshd. */
export async function startSshd(options: SshdOptions): Promise<Sshd | undefined> {
  const { dir, address, port, key, enter = (command) => [...command] } = options;
  const sshd = findProgram("sshd");
  if (sshd === undefined) return undefined;
  const [hostKey, keys] = [join(dir, "ssh_host_ed25519_key"), join(dir, "authorized_keys")];
  await runOk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", hostKey]);
  await writeFile(keys, `${key}\n`);
  await chmod(keys, 0o600);
  const config = join(dir, "sshd_config");
  const lines = [
    `Port ${port}`,
    `ListenAddress ${address}`,
    `HostKey "${hostKey}"`,
    `AuthorizedKeysFile "${keys}"`,
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    // The checkout may be in a directory that others can write to.
    "StrictModes no",
    "PidFile none",
    // Sessions are processes of their own: one whose client is gone without a word would stay for ever.
    "ClientAliveInterval 5",
    "ClientAliveCountMax 2",
  ];
  await writeFile(config, `${lines.join("\n")}\n`);
  const output = await open(join(dir, "sshd.log"), "w", 0o600);
  const child = spawnWithParentDeath(enter([sshd, "-D", "-e", "-f", config]), {
    stdio: ["pipe", output.fd, output.fd],
  });
  await output.close();
  return { child, user: userInfo().username, hostKey: (await readFile(`${hostKey}.pub`, "utf8")).trim() };
}
