/**
 * OpenSSH's ssh, scp and sftp through a forward.
 *
 * A port of the gateway belongs to another machine tomorrow, so the host key is kept under the
 * machine's name, in a file of its own: a port that is used again gives no warning, and a machine
 * that is another one does. Pure.
 */
import { EXIT, Fault } from "../base/fault.js";
import { atHost, bracketed, type Destination, hostKeyAlias } from "./destination.js";

/** A line that is down for two minutes ends a session, as it may well do without this. */
const ALIVE = { everySeconds: 5, misses: 24 } as const;

export function sshArgs(to: Destination, command: readonly string[]): string[] {
  return [...options(to), "-p", String(to.port), atHost(to), ...(command.length === 0 ? [] : ["--", ...command])];
}

export function sftpArgs(to: Destination, more: readonly string[]): string[] {
  return [...options(to), "-P", String(to.port), ...more, remote(to, "").slice(0, -1)];
}

/** Files as a user writes them: `:path` is on the machine. */
export function scpArgs(to: Destination, files: readonly string[]): string[] {
  const places = files.filter((file) => !file.startsWith("-"));
  if (places.length < 2 || !files.some((file) => file.startsWith(":"))) throw filesNeeded(to);
  const written = files.map((file) => (file.startsWith(":") ? remote(to, file.slice(1)) : file));
  return [...options(to), "-P", String(to.port), ...written];
}

function options({ name, knownHosts, acceptNew }: Destination): string[] {
  const values = [
    `HostKeyAlias=${hostKeyAlias(name)}`,
    `UserKnownHostsFile=${quoteValue(knownHosts)}`,
    "GlobalKnownHostsFile=/dev/null",
    // Else the address of the gateway is compared as well, and that is every machine's.
    "CheckHostIP=no",
    // A gateway can answer only what is sent: an idle session would never learn that its forward is gone.
    `ServerAliveInterval=${ALIVE.everySeconds}`,
    `ServerAliveCountMax=${ALIVE.misses}`,
    ...(acceptNew ? ["StrictHostKeyChecking=accept-new"] : []),
  ];
  return values.flatMap((value) => ["-o", value]);
}

function remote(to: Destination, path: string): string {
  return `${atHost({ ...to, host: bracketed(to.host) })}:${path}`;
}

// ssh splits a file list at spaces and expands percent tokens in it.
function quoteValue(path: string): string {
  const escaped = path.replaceAll("%", "%%");
  return /\s/.test(escaped) ? `"${escaped}"` : escaped;
}

/** vLab prints the syntax, too (V-44). */
const filesNeeded = (to: Destination) =>
  new Fault("connect/files-needed", "scp needs to know what to copy", {
    hint: [
      "write the files after --, with a colon before what is on the machine:",
      `sallyport connect --name ${to.name} --protocol scp -- report.txt :/tmp/`,
      `SCP syntax: scp -P ${to.port} ${atHost({ ...to, user: to.user ?? "USER" })} FILE1 FILE2`,
    ].join("\n"),
    exit: EXIT.usage,
  });
