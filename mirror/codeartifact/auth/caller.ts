/** Who asks, and what a caller may do. */

/**
 * `read`: list, describe, get tokens and install. `publish`: that, and write packages. `admin`: everything.
 * AWS weighs policies here; one machine's team has these three.
 */
export const ROLES = ["read", "publish", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Caller {
  readonly name: string;
  readonly role: Role;
  /** When the credentials end, where they do. */
  readonly endsMs?: number;
  /** The access key; a token is worth nothing once its key is gone. */
  readonly keyId: string;
  /** Region of the signature. */
  readonly region: string;
}

export const may = (role: Role, needed: Role) => ROLES.indexOf(role) >= ROLES.indexOf(needed);
