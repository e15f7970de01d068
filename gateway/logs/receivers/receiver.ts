/** Where batches go. What is behind each kind is in a file of its own. */
import type { Batch } from "../spool.js";

export interface LogReceiver {
  /** What was delivered, for logs; without credentials. */
  readonly name: string;
  /** Batches per call. */
  readonly window: number;
  /**
   * Resolves when all of them have arrived, as far as the protocol can tell. @throws Error otherwise; some may have
   * arrived then, and will arrive again.
   */
  deliver(batches: readonly Batch[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  /** PEM of the authorities that may vouch for the receiver. @default - the system's */
  readonly ca?: string;
  /** How long one delivery may take. @default 30000 */
  readonly timeoutMs?: number;
}

/** Silence that is taken for a broken connection. */
export const TIMEOUT_MS = 30_000;
