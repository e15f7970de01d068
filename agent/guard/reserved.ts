/** Names of unfinished uploads. They are never listed, never served and never accepted from a client. */
import { createHash, randomBytes } from "node:crypto";

export const RESERVED_PREFIX = ".sallyport-upload-";

export function isReserved(name: string): boolean {
  return name.startsWith(RESERVED_PREFIX);
}

/** Hosts may share a directory over a network, so each removes only its own leftovers. */
export function ownPrefix(hostName: string): string {
  return `${RESERVED_PREFIX}${createHash("sha256").update(hostName).digest("hex").slice(0, 8)}-`;
}

export function temporaryName(hostName: string): string {
  return ownPrefix(hostName) + randomBytes(8).toString("hex");
}
