/** What one client may take. A transfer may last for hours, so idle time is bounded and total time is not. */
export interface Limits {
  /** From the TCP connection to the end of the TLS handshake. */
  readonly handshakeMs: number;
  /** Connections that have not finished their handshake; one more closes the oldest. */
  readonly handshakes: number;
  /** From the first moment of a connection or request to the end of its header. */
  readonly headersMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  readonly keepAliveMs: number;
  readonly connections: number;
  /** How often overdue headers are looked for. */
  readonly checkMs: number;
  /** How long running transfers may go on after SIGTERM. */
  readonly graceMs: number;
}

export const LIMITS: Limits = {
  handshakeMs: 10_000,
  handshakes: 128,
  headersMs: 15_000,
  idleMs: 60_000,
  keepAliveMs: 30_000,
  connections: 1_024,
  checkMs: 2_000,
  graceMs: 10_000,
};

/** Bytes of request line and headers. */
export const HEADER_BYTES = 16 * 1024;
