/** Issues tokens for the users of a gateway, and creates the secret that signs them. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { SignJWT } from "jose";
import { createExclusive } from "../../base/fs/atomic.js";
import { weakKey } from "../errors.js";
import type { Scope } from "./caller.js";
import { MIN_SECRET_BYTES } from "./keys.js";

export interface TokenRequest {
  readonly issuer: string;
  readonly user: string;
  readonly scopes: readonly Scope[];
  readonly lifeMs: number;
  /** The only address that it may be used from. */
  readonly clientIp?: string;
}

/** @returns the secret in the file, and whether it was created now (mode 0600). */
export async function secretIn(file: string): Promise<{ readonly secret: string; readonly made: boolean }> {
  const made = await createExclusive(file, `${randomBytes(48).toString("base64url")}\n`, 0o600);
  const secret = (await readFile(file, "utf8")).trim();
  const { length } = new TextEncoder().encode(secret);
  if (length < MIN_SECRET_BYTES) {
    throw weakKey(`"${file}"`, `holds ${length} bytes: a secret has at least ${MIN_SECRET_BYTES}`);
  }
  return { secret, made };
}

/** The token has vLab's claims too, for readers of those. */
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
