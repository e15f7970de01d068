/** The kernel's side of the forwards: one private nftables table, whole transactions, its counters and connections. */
import type { Forward, PortRange } from "../forwards/forward.js";

export interface ForwardCounter {
  readonly id: string;
  readonly connPort: number;
  /** Both directions, since the forward was made. */
  readonly packets: number;
  readonly bytes: number;
  readonly connections: number;
}

export interface KernelOptions {
  /** Interface towards the clients, and the one towards the lab. */
  readonly wan: string;
  readonly lan: string;
  /** Lab networks (CIDRs, both families); forwards lead nowhere else, and the lab's own outbound traffic comes from here. */
  readonly labNetworks: readonly string[];
  /** The gateway's own TCP ports that the base policy lets in. */
  readonly ownPorts: readonly number[];
  /** The range that forwards take their ports from. */
  readonly ports: PortRange;
  /** NFLOG group of NEW packets. */
  readonly logGroup: number;
  /** Called when somebody else changed our table and it was put right again. */
  readonly onRepaired?: (differing: Reconciled) => void;
  /** Called when the kernel cannot be brought to what is wanted; it is tried again. */
  readonly onFailure?: (error: unknown) => void;
}

export interface Reconciled {
  readonly added: number;
  readonly removed: number;
}

export interface Kernel {
  /** Makes the table exactly what `forwards` say, in one transaction that keeps the counters. @returns what differed. */
  reconcile(forwards: readonly Forward[]): Promise<Reconciled>;
  /** In effect when it resolves; changes that come together share a transaction. */
  add(forward: Forward): Promise<void>;
  /** In effect when it resolves, and its live connections have ended. */
  remove(forward: Forward): Promise<void>;
  counters(): Promise<readonly ForwardCounter[]>;
  /** The table as nft prints it, for people. */
  show(): Promise<string>;
  close(): Promise<void>;
}
