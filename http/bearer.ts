/** Bearer tokens, compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";

export const ANONYMOUS = "anonymous";

/** Names the caller of an `Authorization` header, or undefined where it must be refused. */
export type Authenticate = (authorization: string | undefined) => string | undefined;

/** Lets everybody in, as "anonymous". */
export const authenticateAnyone: Authenticate = () => ANONYMOUS;

/** Lets in who shows `token`, named by the first 8 hex digits of its SHA-256. */
export function authenticateBearer(token: string): Authenticate {
  // Digests have one length whatever was sent, which timingSafeEqual needs.
  const expected = sha256(token);
  const who = expected.toString("hex").slice(0, 8);
  return (authorization) => {
    const sent = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization ?? "")?.[1];
    return sent !== undefined && timingSafeEqual(sha256(sent), expected) ? who : undefined;
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
