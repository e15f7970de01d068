/** Reads the caller from the claims of a token, after its signature, issuer and times were verified. Pure. */
import type { JWTPayload } from "jose";
import { defined } from "../../base/defined.js";
import { type Caller, SCOPES, type Scope, USER_NAME, VLAB_SCOPES } from "./caller.js";
import { invalidToken, noAccess } from "./problems.js";

/**
 * Our tokens have `sub` and `scope` ("read forward"). vLab's have `username` and `version` 2, and no scope.
 *
 * @throws Problem 401, or 403 for another version of vLab's tokens.
 */
export function callerOf(claims: JWTPayload, issuer: string): Caller {
  const { sub, username, version, scope, client_ip: clientIp, exp } = claims;
  const name = username ?? sub;
  const refuse = (reason: string) => invalidToken(issuer, reason);
  if (typeof name !== "string" || !USER_NAME.test(name)) throw refuse("it names no user");
  if (sub !== undefined && username !== undefined && sub !== username) throw refuse("it names two users");
  if (username !== undefined && version !== 2) throw noAccess(name);
  if (scope !== undefined && typeof scope !== "string") throw refuse("its scope is not a text");
  if (scope === undefined && username === undefined) throw refuse("it has no scope");
  if (clientIp !== undefined && typeof clientIp !== "string") throw refuse("its client_ip is not a text");
  return defined({
    name,
    scopes: scope === undefined ? VLAB_SCOPES : knownScopes(scope),
    clientIp,
    expiresAt: (exp ?? 0) * 1000,
  });
}

/** Scopes of other services are ignored. */
function knownScopes(scope: string): Scope[] {
  const words = new Set(scope.split(" "));
  return SCOPES.filter((known) => words.has(known));
}
