/**
 * OpenSSH's ssh, scp and sftp through a forward.
 *
 * A port of the gateway may belong to another machine tomorrow. The host key is therefore kept under the
 * machine's name, in a file of its own: reusing a port gives no warning, replacing a machine does. Pure.
 */

import { EXIT, Fault } from "../base/fault.js";
import { hostInUrl } from "../net/address.js";
import { atHost, type ConnectDestination, hostKeyAlias } from "./destination.js";

/** A connection that is down for two minutes ends the session. */
const ALIVE = { everySeconds: 5, misses: 24 } as const;

export function sshArgs(to: ConnectDestination, command: readonly string[]): string[] {
  return [...options(to), "-p", String(to.port), atHost(to), ...(command.length === 0 ? [] : ["--", ...command])];
}

export function sftpArgs(to: ConnectDestination, more: readonly string[]): string[] {
  return [...options(to), "-P", String(to.port), ...more, remote(to, "").slice(0, -1)];
}

/** @param files as the user writes them: `:path` is on the machine */
export function scpArgs(to: ConnectDestination, files: readonly string[]): string[] {
  const places = files.filter((file) => !file.startsWith("-"));
  if (places.length < 2 || !files.some((file) => file.startsWith(":"))) throw filesNeeded(to);
  const written = files.map((file) => (file.startsWith(":") ? remote(to, file.slice(1)) : file));
  return [...options(to), "-P", String(to.port), ...written];
}

function options({ name, knownHosts, acceptNew }: ConnectDestination): string[] {
  const values = [
    `HostKeyAlias=${hostKeyAlias(name)}`,
    `UserKnownHostsFile=${quoteValue(knownHosts)}`,
    "GlobalKnownHostsFile=/dev/null",
    // Otherwise ssh also compares the gateway's address, which all machines share.
    "CheckHostIP=no",
    // A gateway only replies to packets: an idle session would never notice that its forward is gone.
    `ServerAliveInterval=${ALIVE.everySeconds}`,
    `ServerAliveCountMax=${ALIVE.misses}`,
    ...(acceptNew ? ["StrictHostKeyChecking=accept-new"] : []),
  ];
  return values.flatMap((value) => ["-o", value]);
}

function remote(to: ConnectDestination, path: string): string {
  return `${atHost({ ...to, host: hostInUrl(to.host) })}:${path}`;
}

// ssh splits a file list at spaces and expands percent tokens in it.
function quoteValue(path: string): string {
  const escaped = path.replaceAll("%", "%%");
  return /\s/.test(escaped) ? `"${escaped}"` : escaped;
}

/** vLab prints the syntax as well. */
const filesNeeded = (to: ConnectDestination) =>
  new Fault("connect/files-needed", "scp needs files to copy", {
    hint: [
      "write the files after --, and a colon before each path on the machine:",
      `sallyport connect --name ${to.name} --protocol scp -- report.txt :/tmp/`,
      `SCP syntax: scp -P ${to.port} ${atHost({ ...to, user: to.user ?? "USER" })} FILE1 FILE2`,
    ].join("\n"),
    exit: EXIT.usage,
  });
