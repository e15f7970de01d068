/**
 * The programs that a user of vLab's client has already chosen, in `~/.vlab/config.ini` (in vLab's documentation
 * `~/.vlab/config`). Sections have an `agent` and a `location`; here every section is optional.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectProtocol } from "./machine-types.js";

/** In the order of preference. */
const CONFIG_FILES = ["config.ini", "config"] as const;

const SECTIONS: Readonly<Record<string, readonly ConnectProtocol[]>> = {
  SSH: ["ssh"],
  SCP: ["scp", "sftp"],
  RDP: ["rdp"],
  BROWSER: ["https", "mgmt"],
  CONSOLE: ["console", "vnc"],
};

/** The programs by protocol; undefined if there is no such file. @param home the user's directory */
export async function readVlabPrograms(home: string): Promise<ReturnType<typeof vlabPrograms> | undefined> {
  for (const name of CONFIG_FILES) {
    const text = await readFile(join(home, ".vlab", name), "utf8").catch(() => undefined);
    if (text !== undefined) return vlabPrograms(text);
  }
  return undefined;
}

/** Pure. @returns the path of the program for each protocol. */
export function vlabPrograms(text: string): Partial<Record<ConnectProtocol, string>> {
  const programs: Partial<Record<ConnectProtocol, string>> = {};
  let section: readonly ConnectProtocol[] = [];
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[([^\]]+)\]\s*$/.exec(line);
    if (header !== null) section = SECTIONS[header[1]?.trim().toUpperCase() ?? ""] ?? [];
    const location = /^\s*location\s*[=:]\s*(.+?)\s*$/i.exec(line)?.[1];
    if (location !== undefined) for (const protocol of section) programs[protocol] = location;
  }
  return programs;
}
