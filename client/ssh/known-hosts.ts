/** Reads and writes a known_hosts file of the kit's own. The user's file is never touched. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { errno } from "../../base/fault.js";
import { ensurePrivateDir, replaceFile } from "../../base/fs/atomic.js";
import { withLock } from "../../base/fs/lock.js";
import { formatHostKey, parseHostKey } from "./host-key.js";

/** The name under which OpenSSH looks up a host. It includes the port unless that is 22. */
export function knownHostsName(host: string, port = 22): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** Pure: `text` with exactly these keys for `name`, in place of its previous ones. */
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

/** Gives a host exactly these keys. The lines of other hosts stay. */
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

/** The keys of a host; empty if there is no such file or host. */
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
