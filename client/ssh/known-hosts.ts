/** OpenSSH's known_hosts, of which this kit keeps one of its own: it never touches the user's. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { errno } from "../../base/fault.js";
import { ensurePrivateDir, replaceFile } from "../../base/fs/atomic.js";
import { withLock } from "../../base/fs/lock.js";
import { formatHostKey, parseHostKey } from "./host-key.js";

/** The name under which OpenSSH looks a host up: with its port where that is not 22. */
export function knownHostsName(host: string, port = 22): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** The pure half: `text` with exactly these keys for `name`, in place of those it had. */
export function withHostKeys(text: string, name: string, keys: readonly string[]): string {
  const others = text.split("\n").filter((line) => line !== "" && !isOf(line, name));
  const own = keys.map((key) => `${name} ${formatHostKey(parseHostKey(key))}`);
  return [...others, ...own].map((line) => `${line}\n`).join("");
}

/** The keys in `text` for `name`, as OpenSSH public key lines. */
export function hostKeysIn(text: string, name: string): string[] {
  const lines = text.split("\n").filter((line) => isOf(line, name));
  return lines.map((line) => line.slice(line.indexOf(" ") + 1));
}

/** Gives a host exactly these keys; what the file says of other hosts stays. */
export async function writeKnownHosts(
  file: string,
  host: string,
  port: number,
  keys: readonly string[],
): Promise<void> {
  await ensurePrivateDir(dirname(file));
  await withLock(`${file}.lock`, async () => {
    const old = await readText(file);
    const text = withHostKeys(old, knownHostsName(host, port), keys);
    if (text !== old) await replaceFile(file, text, 0o600);
  });
}

/** The keys of a host; empty if the file or the host is not there. */
export async function readKnownHosts(file: string, host: string, port: number): Promise<string[]> {
  return hostKeysIn(await readText(file), knownHostsName(host, port));
}

function isOf(line: string, name: string): boolean {
  return line.slice(0, line.indexOf(" ")) === name;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errno(error) === "ENOENT") return "";
    throw error;
  }
}
