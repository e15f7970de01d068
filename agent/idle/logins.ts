/**
 * Counts logins from an unprivileged, sandboxed process. It sees no other processes and may not use the system bus, but
 * it can read logind's session files and the table of TCP connections.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface LoginPlaces {
  /** @default "/run/systemd/sessions" */
  readonly sessions?: string;
  /** @default "/proc/self/net", which stays visible with ProcSubset=pid */
  readonly net?: string;
}

const SSH_PORT = 22;
/** `st` of /proc/net/tcp, from the kernel's include/net/tcp_states.h. */
const ESTABLISHED = "01";

/**
 * The number of people's sessions or of connections to port 22, whichever is larger: a login over SSH is both, a console
 * has only a session, and a machine without logind has only connections.
 *
 * @returns undefined if neither can be read.
 */
export async function countLogins(places: LoginPlaces = {}): Promise<number | undefined> {
  const [sessions, connections] = await Promise.all([
    countSessions(places.sessions ?? "/run/systemd/sessions").catch(() => undefined),
    countConnections(places.net ?? "/proc/self/net").catch(() => undefined),
  ]);
  if (sessions === undefined) return connections;
  return Math.max(sessions, connections ?? 0);
}

/** Not of a service, a greeter or a cron job. A closed session with running programs counts. */
export function isSessionOfPerson(text: string): boolean {
  return /^CLASS=user(?:$|-)/m.test(text);
}

/** Established connections to a local port in a table in the form of /proc/net/tcp or tcp6. */
export function connectionsTo(port: number, table: string): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").filter((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local?.endsWith(suffix) && state === ESTABLISHED;
  }).length;
}

async function countSessions(dir: string): Promise<number> {
  // Beside each session's file lies a FIFO, "ID.ref": reading that would block.
  const files = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map(({ name }) => readFile(join(dir, name), "utf8").catch(() => "")));
  return texts.filter(isSessionOfPerson).length;
}

async function countConnections(net: string): Promise<number> {
  const [v4, v6] = await Promise.all([
    readFile(join(net, "tcp"), "utf8"),
    // Missing if the kernel has no IPv6.
    readFile(join(net, "tcp6"), "utf8").catch(() => ""),
  ]);
  return connectionsTo(SSH_PORT, v4) + connectionsTo(SSH_PORT, v6);
}
