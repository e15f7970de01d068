/** The common frame of all boot scripts: values, then parts, within EC2's limit. */
import { shellQuote } from "../../base/text/shell.js";

/** EC2's limit, before base64. */
export const MAX_USER_DATA_BYTES = 16_384;

export const SERVICE_HOME = "/var/lib/sallyport";

/** The line for systemd-sysusers that makes the service user. */
export const SYSUSERS = `u sallyport - "Sallyport agent" ${SERVICE_HOME} /usr/sbin/nologin\n`;

/** @param purpose `Makes this machine an accelerator host of Sallyport.` */
export function prologue(purpose: string): string[] {
  return ["#!/bin/bash", `# ${purpose} Running it again changes nothing.`, "set -euo pipefail", "umask 022", ""];
}

/** One read-only shell variable per value. No value can break out of its quotes. */
export function assignments(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `readonly ${name}=${shellQuote(value)}`);
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
