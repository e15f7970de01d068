/** A forward as all parts of the gateway see it: one port of the gateway that leads to one port of a lab machine. Values only. */

export type Protocol = "tcp" | "udp";

export interface Forward {
  /** Sorts by creation; also the comment of its element in the kernel, so letters, digits and dashes only. */
  readonly id: string;
  /** Port of the gateway: unique, whatever the protocol (V-23). */
  readonly connPort: number;
  readonly protocol: Protocol;
  /** Canonical IPv4 or IPv6 address within the lab's networks. */
  readonly targetAddr: string;
  readonly targetPort: number;
  /** The machine's name, and what it is (vLab's component: "Windows", "CentOS"). */
  readonly targetName: string;
  readonly targetComponent: string;
  /** Who made it; only they and an admin see and change it. */
  readonly owner: string;
  /** Canonical CIDRs that may use it; empty: whoever reaches the gateway. */
  readonly sources: readonly string[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** Idempotency key: the same owner and key give the same forward. */
  readonly key?: string;
}

/** What a user asks for; everything else is given by the gateway. */
export interface ForwardRequest {
  readonly protocol: Protocol;
  readonly targetAddr: string;
  readonly targetPort: number;
  readonly targetName: string;
  readonly targetComponent: string;
  readonly owner: string;
  readonly sources: readonly string[];
  readonly expiresAt?: number;
  readonly key?: string;
  /** @default - the lowest free port */
  readonly connPort?: number;
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
