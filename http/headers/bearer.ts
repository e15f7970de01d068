/** Bearer tokens, compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";

export const ANONYMOUS = "anonymous";

/** @returns the name of the caller with this `Authorization` header; undefined if it must be refused. */
export type Authenticate = (authorization: string | undefined) => string | undefined;

/** Accepts every caller as "anonymous". */
export const authenticateAnyone: Authenticate = () => ANONYMOUS;

/** Accepts callers with `token`, and names them by the first 8 hex digits of its SHA-256. */
export function authenticateBearer(token: string): Authenticate {
  const expected = Buffer.from(token);
  const who = createHash("sha256").update(token).digest("hex").slice(0, 8);
  const room = Buffer.alloc(expected.length);
  return (authorization) => {
    const sent = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization ?? "")?.[1];
    if (sent === undefined) return undefined;
    // timingSafeEqual needs equal lengths. The length of a token is no secret.
    room.fill(0);
    room.write(sent, "latin1");
    return timingSafeEqual(room, expected) && sent.length === expected.length ? who : undefined;
  };
}
