/** The kernel's side of the forwards: one private nftables table, whole transactions, its counters and connections. */
import type { Forward } from "../forwards/forward.js";

export interface ForwardCounter {
  readonly id: string;
  readonly connPort: number;
  readonly packets: number;
  readonly bytes: number;
}

export interface KernelOptions {
  /** Interface towards the clients, and the one towards the lab. */
  readonly wan: string;
  readonly lan: string;
  /** Lab networks (CIDRs, both families); forwards lead nowhere else, and the lab's own outbound traffic comes from here. */
  readonly labNetworks: readonly string[];
  /** The gateway's own ports that the base policy lets in from the WAN. */
  readonly ownPorts: readonly number[];
  /** NFLOG group of NEW packets. */
  readonly logGroup: number;
  /** Called when somebody else changed our table (`nft monitor`). */
  readonly onForeignChange: () => void;
}

export interface Kernel {
  /** Makes the table and its maps exactly what `forwards` say, in one transaction. @returns what differed. */
  reconcile(forwards: readonly Forward[]): Promise<{ readonly added: number; readonly removed: number }>;
  /** In effect when it resolves; changes that come together share a transaction. */
  add(forward: Forward): Promise<void>;
  /** In effect when it resolves, and its live connections have ended. */
  remove(forward: Forward): Promise<void>;
  counters(): Promise<readonly ForwardCounter[]>;
  /** The table as nft prints it, for people. */
  show(): Promise<string>;
  close(): Promise<void>;
}
