/** A destination of batches; each protocol has a file of its own. */
import type { Batch } from "../spool.js";

export interface LogReceiver {
  /** The receiver's address for logs, without credentials. */
  readonly name: string;
  /** Batches per call. */
  readonly window: number;
  /**
   * Resolves when all batches have arrived, as far as the protocol can tell. @throws Error otherwise; some may have
   * arrived all the same, and will arrive again.
   */
  deliver(batches: readonly Batch[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  /** PEM of the authorities that may vouch for the receiver. @default - the system's */
  readonly ca?: string;
  /** Longest silence of the receiver during a delivery. @default 30000 */
  readonly timeoutMs?: number;
}

/** A receiver that is silent for longer counts as broken. */
export const TIMEOUT_MS = 30_000;
