/** Who asks, and what they may do. Values only. */

export const SCOPES = ["read", "forward", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  /** Owner of what they make. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Where the token may be used from; absent: anywhere. */
  readonly clientIp?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What a vLab token stands for: it knows no scopes. */
export const VLAB_SCOPES: readonly Scope[] = ["read", "forward"];

/** A user's name is a column, a log field and a label; nothing in it may mean something else there. */
export const USER_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u;

export function isAdmin(caller: Caller): boolean {
  return caller.scopes.includes("admin");
}

export function may(caller: Caller, scope: Scope): boolean {
  return isAdmin(caller) || caller.scopes.includes(scope);
}

/** Whose forwards they see and change: undefined for everybody's. */
export function ownedBy(caller: Caller): string | undefined {
  return isAdmin(caller) ? undefined : caller.name;
}
