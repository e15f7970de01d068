/** Runs the machine's own `ssh` with an explicit key and explicit host keys. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, join } from "node:path";
import { run } from "../../base/process/run.js";

export interface OpenSshTarget {
  readonly host: string;
  /** @default 22 */
  readonly port?: number;
  readonly username: string;
  /** Path of the private key. */
  readonly identity: string;
  /** Path of a known_hosts file that contains `hostKeyAlias`. */
  readonly knownHosts: string;
  /** The host's name in the known_hosts file. It survives a change of address. */
  readonly hostKeyAlias: string;
  /** @default CLOSED_DOORS */
  readonly doors?: SshOptions;
}

/** Options of OpenSSH with their values. */
export type SshOptions = Readonly<Record<string, string>>;

/**
 * Every option by which OpenSSH could accept another host key, set so that it does not. The user's configuration may
 * set them for all hosts, and the first value holds.
 */
export const CLOSED_DOORS: SshOptions = {
  StrictHostKeyChecking: "yes",
  GlobalKnownHostsFile: "/dev/null",
  KnownHostsCommand: "none",
  VerifyHostKeyDNS: "no",
  NoHostAuthenticationForLocalhost: "no",
  UpdateHostKeys: "no",
};

/**
 * {@link CLOSED_DOORS} that this `ssh` has: to one before 8.5, KnownHostsCommand is an error in any file that it reads.
 * IgnoreUnknown would help there, and take the place of the user's own.
 */
export async function closedDoors(program: string | undefined): Promise<SshOptions> {
  if (program === undefined) return CLOSED_DOORS;
  const asked = ["-F", "/dev/null", "-G", "-o", "KnownHostsCommand=none", "localhost"];
  const { exitCode } = await run(program, asked, { timeoutMs: 10_000 });
  const { KnownHostsCommand: _, ...others } = CLOSED_DOORS;
  return exitCode === 0 ? CLOSED_DOORS : others;
}

/**
 * The arguments of `ssh`. Options given here override the user's configuration.
 *
 * @param more options of ssh, as typed: they may name another port, user or key, but open no closed door.
 */
export function sshArguments(
  target: OpenSshTarget,
  command: readonly string[] = [],
  more: readonly string[] = [],
): string[] {
  const options = {
    IdentitiesOnly: "yes",
    UserKnownHostsFile: quoteValue(target.knownHosts),
    HostKeyAlias: target.hostKeyAlias,
    ...(target.doors ?? CLOSED_DOORS),
  };
  return [
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...more,
    "-i",
    target.identity,
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

/** Runs `ssh` on this terminal until it ends. Its exit status is the result. */
export function runSsh(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env });
    // Ctrl-C reaches ssh too. A remote shell must get it, not this program.
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
