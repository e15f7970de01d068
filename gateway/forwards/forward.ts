/** A forward: one port of the gateway that leads to one port of a lab machine. Values only. */

export type Protocol = "tcp" | "udp";

/** What a user chooses. */
interface ForwardSpec {
  readonly protocol: Protocol;
  /** Canonical IPv4 or IPv6 address within the lab's networks. */
  readonly targetAddr: string;
  readonly targetPort: number;
  /** The machine's name, and its kind (vLab's component: "Windows", "CentOS"). */
  readonly targetName: string;
  readonly targetComponent: string;
  /** The user who made it. Only its owner and admins see and change it. */
  readonly owner: string;
  /** Canonical CIDR blocks that may use it; empty for every client that reaches the gateway. */
  readonly sources: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
  /** Idempotency key: the same owner and key give the same forward. */
  readonly key?: string;
}

export interface ForwardRequest extends ForwardSpec {
  /** @default - the lowest free port */
  readonly connPort?: number;
  /** The user who asked for it, for the record. @default the owner */
  readonly by?: string;
}

export interface Forward extends ForwardSpec {
  /** Sorts by creation. It is also a comment in the kernel's table, so it has only letters, digits and dashes. */
  readonly id: string;
  /** Port of the gateway, unique across protocols. */
  readonly connPort: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface PortRange {
  readonly min: number;
  /** Inclusive. */
  readonly max: number;
}

export interface ForwardFilter {
  readonly owner?: string;
  readonly targetName?: string;
  readonly targetAddr?: string;
  readonly targetComponent?: string;
  readonly targetPort?: number;
  readonly connPort?: number;
}
