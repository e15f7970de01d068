/** Callers and their roles. */

/**
 * `read`: list, describe, get tokens and install. `publish`: that, and write packages. `admin`: everything.
 * AWS evaluates policies instead; a team with one machine has these three roles.
 */
export const ROLES = ["read", "publish", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Caller {
  readonly name: string;
  readonly role: Role;
  /** When the credentials end, if they do. */
  readonly endsMs?: number;
  /** The access key. A token is invalid once its key is gone. */
  readonly keyId: string;
  /** Region of the signature. */
  readonly region: string;
}

export const may = (role: Role, needed: Role) => ROLES.indexOf(role) >= ROLES.indexOf(needed);
