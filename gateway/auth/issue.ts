/** Makes tokens for the users of a gateway, and the secret that signs them. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { SignJWT } from "jose";
import { createExclusive } from "../../base/fs/atomic.js";
import { weakKey } from "../errors.js";
import type { Scope } from "./caller.js";
import { LEAST_SECRET_BYTES } from "./keys.js";

export interface TokenRequest {
  readonly issuer: string;
  readonly user: string;
  readonly scopes: readonly Scope[];
  readonly lifeMs: number;
  /** Where it may be used from. */
  readonly clientIp?: string;
}

/** @returns the secret of the file, and whether it was made now (mode 0600). */
export async function secretIn(file: string): Promise<{ readonly secret: string; readonly made: boolean }> {
  const made = await createExclusive(file, `${randomBytes(48).toString("base64url")}\n`, 0o600);
  const secret = (await readFile(file, "utf8")).trim();
  const { length } = new TextEncoder().encode(secret);
  if (length < LEAST_SECRET_BYTES) {
    throw weakKey(`"${file}"`, `holds ${length} bytes: a secret has at least ${LEAST_SECRET_BYTES}`);
  }
  return { secret, made };
}

/** vLab's claims are in it too, so that whoever reads those can read it. */
export function issueToken(request: TokenRequest, secret: string, now = Date.now()): Promise<string> {
  const { issuer, user, scopes, lifeMs, clientIp } = request;
  const seconds = Math.floor(now / 1000);
  const bound = clientIp === undefined ? {} : { client_ip: clientIp };
  return new SignJWT({ username: user, version: 2, scope: scopes.join(" "), ...bound })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(issuer)
    .setSubject(user)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + Math.floor(lifeMs / 1000))
    .sign(new TextEncoder().encode(secret));
}
