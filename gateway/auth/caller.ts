/** The authenticated caller of a request. Values only. */

export const SCOPES = ["read", "forward", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  /** The owner of the forwards that the caller makes. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The only address that the token may be used from; without it, any. */
  readonly clientIp?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** vLab's tokens have no scopes; they grant these. */
export const VLAB_SCOPES: readonly Scope[] = ["read", "forward"];

/** A user's name becomes a column, a log field and a label, so it has no special characters of any of them. */
export const USER_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u;

export function isAdmin(caller: Caller): boolean {
  return caller.scopes.includes("admin");
}

export function may(caller: Caller, scope: Scope): boolean {
  return isAdmin(caller) || caller.scopes.includes(scope);
}

/** The owner of the forwards that the caller sees and changes; undefined for all owners. */
export function ownedBy(caller: Caller): string | undefined {
  return isAdmin(caller) ? undefined : caller.name;
}
