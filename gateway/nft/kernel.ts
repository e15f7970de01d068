/** The kernel's side of the forwards: one private nftables table, changed by whole transactions. */
import type { Cidr } from "../../net/cidr.js";
import type { Forward, PortRange } from "../forwards/forward.js";

export interface Traffic {
  readonly packets: number;
  readonly bytes: number;
  readonly connections: number;
}

/** Traffic in both directions since the forward was made. */
export interface ForwardCounter extends Traffic {
  readonly id: string;
  readonly connPort: number;
}

export interface KernelOptions {
  /** Interface towards the clients, and the one towards the lab. */
  readonly wan: string;
  readonly lan: string;
  /** Lab networks of both families. Forwards lead nowhere else; the lab's outbound traffic comes from here. */
  readonly labNetworks: readonly Cidr[];
  /** The gateway's own TCP ports, which the base policy admits. */
  readonly ownPorts: readonly number[];
  /** The range that forwards take their ports from. */
  readonly ports: PortRange;
  /** NFLOG group of NEW packets. */
  readonly logGroup: number;
  /** Called after the table was changed by another program and then restored. */
  readonly onRepaired?: (differing: Reconciled) => void;
  /** Called when the table cannot be changed or restored; the kernel tries again. */
  readonly onFailure?: (error: unknown) => void;
}

export interface Reconciled {
  readonly added: number;
  readonly removed: number;
}

export interface Kernel {
  /** Makes the table exactly what `forwards` say, in one transaction that keeps the counters. @returns what differed. */
  reconcile(forwards: readonly Forward[]): Promise<Reconciled>;
  /** In effect when it resolves. Concurrent changes share a transaction. */
  add(forward: Forward): Promise<void>;
  /** In effect when it resolves: new connections are refused, live ones are being reset. */
  remove(forward: Forward): Promise<void>;
  /** @returns one counter per forward, by port. */
  counters(): Promise<readonly ForwardCounter[]>;
  /** The table as nft prints it, for people. */
  show(): Promise<string>;
  /** @throws Fault if nft does not answer in time, or if the table is not yet what it should be. */
  check(): Promise<void>;
  close(): Promise<void>;
}
