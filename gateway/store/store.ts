/** What the gateway remembers. One SQL dialect behind it: PGlite in this process, or a PostgreSQL server. */
import type { Forward, ForwardFilter, ForwardRequest, PortRange } from "../forwards/forward.js";

/** A lab machine's address as the worker last saw it. */
export interface MachineState {
  readonly name: string;
  readonly addr: string;
  readonly component: string;
  /** null: not known yet. */
  readonly routable: boolean | null;
  /** Milliseconds since 1970. */
  readonly lastSeen?: number;
  readonly checkedAt?: number;
  /** Sweeps in a row that disagreed with `routable`: damping. */
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
  /** Beginning of the minute, milliseconds since 1970. */
  readonly minute: number;
  readonly packets: number;
  readonly bytes: number;
  readonly connections: number;
}

export type Created =
  | { readonly outcome: "created" | "existing"; readonly forward: Forward }
  /** No free port in the range. */
  | { readonly outcome: "full" }
  /** The wanted port is another's. */
  | { readonly outcome: "taken"; readonly connPort: number };

export interface Store {
  readonly kind: "pglite" | "postgresql";
  /** Durable when it resolves. Lowest free port, or the wanted one; safe against other gateways on the same database. */
  create(request: ForwardRequest, range: PortRange): Promise<Created>;
  /** Durable when it resolves. @returns what was removed. */
  remove(connPort: number, owner?: string): Promise<Forward | undefined>;
  /** Removes what expired before `now` and returns it. */
  removeExpired(now: number): Promise<readonly Forward[]>;
  list(filter?: ForwardFilter): Promise<readonly Forward[]>;
  /** Distinct (name, addr) of all forwards, with what is known of them. */
  machines(): Promise<readonly MachineState[]>;
  saveMachines(machines: readonly MachineState[], changes: readonly LivenessChange[]): Promise<void>;
  history(addr: string, since: number): Promise<readonly LivenessChange[]>;
  /** Adds to what is there for the same forward and minute. */
  addUsage(samples: readonly UsageSample[]): Promise<void>;
  usage(filter: {
    readonly owner?: string;
    readonly connPort?: number;
    readonly since: number;
  }): Promise<readonly UsageSample[]>;
  /** Calls back when another process changed forwards (LISTEN/NOTIFY); never for PGlite, which has no other. */
  onForeignChange(callback: () => void): () => void;
  /** Answers when a query does. @throws where the database is not to be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
