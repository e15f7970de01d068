/** The machine's own `ssh`, told exactly which key to show and which host keys to accept. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, join } from "node:path";

export interface OpenSshTarget {
  readonly host: string;
  /** @default 22 */
  readonly port?: number;
  readonly username: string;
  /** Path of the private key. */
  readonly identity: string;
  /** Path of a known_hosts file that has `hostKeyAlias`. */
  readonly knownHosts: string;
  /** The name under which the known_hosts file has the host: it outlives a change of address. */
  readonly hostKeyAlias: string;
}

/**
 * The arguments of `ssh`. What is given here wins over the user's own configuration, so the options
 * that could let in another host key are all closed by name.
 */
export function sshArguments(target: OpenSshTarget, command: readonly string[] = []): string[] {
  const options = [
    "IdentitiesOnly=yes",
    `UserKnownHostsFile=${quoteValue(target.knownHosts)}`,
    "GlobalKnownHostsFile=/dev/null",
    "StrictHostKeyChecking=yes",
    `HostKeyAlias=${target.hostKeyAlias}`,
    // OpenSSH before 8.5 does not know the next one.
    "IgnoreUnknown=KnownHostsCommand",
    "KnownHostsCommand=none",
    "VerifyHostKeyDNS=no",
    "NoHostAuthenticationForLocalhost=no",
    "UpdateHostKeys=no",
  ];
  return [
    "-i",
    target.identity,
    ...options.flatMap((option) => ["-o", option]),
    "-p",
    String(target.port ?? 22),
    `${target.username}@${target.host}`,
    ...(command.length === 0 ? [] : ["--", ...command]),
  ];
}

/** The path of `ssh`, or undefined if PATH has none. */
export function findSsh(env: NodeJS.ProcessEnv): string | undefined {
  const names = (env.PATH ?? "").split(delimiter).filter((dir) => dir !== "");
  return names.map((dir) => join(dir, "ssh")).find(isExecutable);
}

/** Runs `ssh` on this terminal until it ends; its exit status is the result. */
export function runSsh(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env });
    // Ctrl-C reaches ssh, too, and it decides: a remote shell must get it, not this program.
    const ignore = () => undefined;
    process.on("SIGINT", ignore);
    const settled = () => process.removeListener("SIGINT", ignore);
    child.once("error", (error) => {
      settled();
      reject(error);
    });
    child.once("close", (code, signal) => {
      settled();
      resolve(code ?? 128 + (signal === null ? 0 : osConstants.signals[signal]));
    });
  });
}

// ssh splits a file list at spaces and expands percent tokens in it.
function quoteValue(path: string): string {
  const escaped = path.replaceAll("%", "%%");
  return /\s/.test(escaped) ? `"${escaped}"` : escaped;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
