/**
 * The programs that a user of vLab's client has chosen already (V-45): `~/.vlab/config.ini`, which
 * vLab's documentation calls `~/.vlab/config` (T14). Sections with `agent` and `location`; here none
 * of them has to be there. Pure.
 */
import type { ConnectProtocol } from "./machine-types.js";

/** In the order in which they are looked for. */
export const VLAB_CONFIG_FILES = ["config.ini", "config"] as const;

const SECTIONS: Readonly<Record<string, readonly ConnectProtocol[]>> = {
  SSH: ["ssh"],
  SCP: ["scp", "sftp"],
  RDP: ["rdp"],
  BROWSER: ["https", "mgmt"],
  CONSOLE: ["console", "vnc"],
};

/** @returns the path of the program for each protocol. */
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
