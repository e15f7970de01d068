/** Authenticates a request by the token in its headers. */
import type { IncomingHttpHeaders } from "node:http";
import { decodeProtectedHeader, errors, jwtVerify } from "jose";
import type { Caller } from "./caller.js";
import { callerOf } from "./claims.js";
import { sameAddress } from "./client-address.js";
import type { KeySource } from "./keys.js";
import { invalidToken, noToken, notBound, sessionOver, wrongAddress } from "./problems.js";
import { VerifiedTokens } from "./verified-tokens.js";

export interface AuthenticatorOptions {
  readonly keys: readonly KeySource[];
  readonly issuer: string;
  readonly leewaySeconds: number;
  readonly requireClientIp: boolean;
  readonly now?: () => number;
}

/** @param client the result of `clientAddress`. @throws Problem 401 or 403. */
export type Authenticate = (headers: IncomingHttpHeaders, client: string) => Promise<Caller>;

export function createAuthenticate(options: AuthenticatorOptions): Authenticate {
  const { now = Date.now } = options;
  const verified = new VerifiedTokens(options.leewaySeconds);
  const claimsOf = async (token: string) => {
    const known = verified.get(token, now());
    if (known !== undefined) return known;
    const payload = await verify(token, options);
    verified.add(token, payload, now());
    return payload;
  };
  return async (headers, client) => {
    const token = tokenIn(headers);
    if (token === undefined) throw noToken();
    const caller = callerOf(await claimsOf(token), options.issuer);
    if (caller.clientIp === undefined) {
      if (options.requireClientIp) throw notBound();
    } else if (!sameAddress(caller.clientIp, client)) {
      throw wrongAddress(caller.clientIp, client);
    }
    return caller;
  };
}

/** vLab's clients send `X-Auth`; others send `Authorization`. */
export function tokenIn(headers: IncomingHttpHeaders): string | undefined {
  const own = headers["x-auth"];
  if (typeof own === "string" && own !== "") return own;
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
}

async function verify(token: string, { keys, issuer, leewaySeconds, now = Date.now }: AuthenticatorOptions) {
  const algorithm = algorithmOf(token);
  // The token's algorithm selects among keys that allow it; it cannot choose the kind of key.
  const fitting = keys.filter(({ algorithms }) => algorithm !== undefined && algorithms.includes(algorithm));
  let reason: unknown = "no key is for its algorithm";
  for (const { algorithms, key } of fitting) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [...algorithms],
        issuer,
        requiredClaims: ["exp"],
        clockTolerance: leewaySeconds,
        currentDate: new Date(now()),
      });
      return payload;
    } catch (error) {
      // The signature is valid, so no other key can help.
      if (error instanceof errors.JWTExpired) throw sessionOver();
      reason = error;
    }
  }
  throw invalidToken(issuer, reason);
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}
