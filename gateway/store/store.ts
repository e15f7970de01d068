/** The gateway's data. Both databases speak one SQL dialect: PGlite in this process, or a PostgreSQL server. */
import type { Forward, ForwardFilter, ForwardRequest, PortRange } from "../forwards/forward.js";

/** A name and address of a lab machine, with its state after the last sweep. */
export interface MachineState {
  readonly name: string;
  readonly addr: string;
  readonly component: string;
  /** Whether it is alive; null before the first sweep. */
  readonly routable: boolean | null;
  /** Milliseconds since 1970. */
  readonly lastSeen?: number;
  readonly checkedAt?: number;
  /** Consecutive sweeps that disagreed with `routable`, for damping. */
  readonly disagreeing: number;
}

export interface LivenessChange {
  readonly at: number;
  readonly addr: string;
  readonly routable: boolean;
}

/** Traffic of one forward within one minute. */
export interface UsageSample {
  readonly connPort: number;
  readonly forwardId: string;
  readonly owner: string;
  /** Start of the minute, milliseconds since 1970. */
  readonly minute: number;
  readonly packets: number;
  readonly bytes: number;
  readonly connections: number;
}

/** A forward that was opened or ended. */
export interface ForwardEvent extends KnownForward {
  readonly at: number;
  /** `expired`: its time was over. */
  readonly kind: "opened" | "closed" | "expired";
  /** The user who did it, who may be an admin. Undefined if the gateway did it. */
  readonly by?: string;
}

type KnownForward = Pick<
  Forward,
  "connPort" | "protocol" | "targetAddr" | "targetPort" | "targetName" | "targetComponent" | "owner"
> & { readonly forwardId: string };

export type KnownTarget = Pick<MachineState, "name" | "addr" | "component">;

export interface UsageFilter {
  readonly owner?: string;
  readonly connPort?: number;
  /** The machine that the forwards lead to, or led to. */
  readonly addr?: string;
  readonly since: number;
}

export type Created =
  | { readonly outcome: "created" | "existing"; readonly forward: Forward }
  /** No free port in the range. */
  | { readonly outcome: "full" }
  /** The requested port is taken. */
  | { readonly outcome: "taken"; readonly connPort: number };

export interface Store {
  readonly kind: "pglite" | "postgresql";
  /** Takes the requested port, or the lowest free one, also with other gateways on the database. Durable when it resolves. */
  create(request: ForwardRequest, range: PortRange): Promise<Created>;
  /** Durable when it resolves. @param by who asked, for the record. @returns the removed forward. */
  remove(connPort: number, owner?: string, by?: string): Promise<Forward | undefined>;
  /** Removes the forwards that expire by `now`. */
  removeExpired(now: number): Promise<readonly Forward[]>;
  list(filter?: ForwardFilter): Promise<readonly Forward[]>;
  /** The distinct names and addresses of all forwards, with their states. */
  machines(): Promise<readonly MachineState[]>;
  /** Every address that a sweep has ever looked at, with its last name. */
  liveness(): Promise<readonly MachineState[]>;
  saveMachines(machines: readonly MachineState[], changes: readonly LivenessChange[]): Promise<void>;
  history(addr: string, since: number): Promise<readonly LivenessChange[]>;
  /** Adds to the sample of the same forward and minute. */
  addUsage(samples: readonly UsageSample[]): Promise<void>;
  usage(filter: UsageFilter): Promise<readonly UsageSample[]>;
  /** Oldest first. */
  events(filter: {
    readonly since: number;
    readonly addr?: string;
    readonly owner?: string;
  }): Promise<readonly ForwardEvent[]>;
  /** The machines that forwards have led to since then, whether there are any now or not. */
  pastTargets(filter: { readonly since: number; readonly owner?: string }): Promise<readonly KnownTarget[]>;
  /** Drops events, usage and changes of state from before a time. */
  forget(before: number): Promise<void>;
  /**
   * Calls back when another process has changed forwards (LISTEN/NOTIFY). PGlite serves no other process.
   *
   * @returns the way to stop.
   */
  onForeignChange(callback: () => void): () => void;
  /** Runs a query. @throws if the database is unreachable. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
