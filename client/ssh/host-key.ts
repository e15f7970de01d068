/** SSH host keys as values: parsed once, compared as bytes, printed without comments. */
import { createHash } from "node:crypto";
import { badHostKey } from "../errors.js";

export interface HostKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256` … */
  readonly type: string;
  readonly blob: Buffer;
}

// Signature algorithms by key type; SHA-1 ("ssh-rsa" as an algorithm) is not among them.
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
};

/** Reads `ssh-ed25519 AAAA… comment`. The comment is dropped, because it is text from a host. */
export function parseHostKey(line: string): HostKey {
  const [, type = "", base64 = ""] = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?\r?\n?$/.exec(line) ?? [];
  const blob = Buffer.from(base64, "base64");
  // RFC 4253, 6.6: the blob repeats the type as its first string.
  const named = blob.length > 4 ? blob.subarray(4, 4 + blob.readUInt32BE(0)).toString("latin1") : "";
  if (type === "" || named !== type) throw badHostKey(line);
  return { type, blob };
}

/** The algorithms to offer, so that the host presents a key of a pinned type. */
export function algorithmsFor(keys: readonly HostKey[]): string[] {
  return [...new Set(keys.flatMap(({ type }) => ALGORITHMS[type] ?? []))];
}

export function isPinned(shown: Buffer, keys: readonly HostKey[]): boolean {
  return keys.some(({ blob }) => blob.equals(shown));
}

/** `ssh-ed25519 AAAA…` */
export function formatHostKey({ type, blob }: HostKey): string {
  return `${type} ${blob.toString("base64")}`;
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
