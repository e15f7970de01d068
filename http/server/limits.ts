/** Resources that one client may use. A transfer may last for hours, so idle time is bounded and total time is not. */
export interface Limits {
  /** From the TCP connection to the end of the TLS handshake. */
  readonly handshakeMs: number;
  /** Connections that have not finished their handshake; one more closes the oldest of the client that holds the most. */
  readonly handshakes: number;
  /** From the first moment of a connection or request to the end of its header. */
  readonly headersMs: number;
  /** Without a byte in either direction, unless a whole request is at work and its answer has not begun. */
  readonly idleMs: number;
  /** Between an answer and the next request. */
  readonly keepAliveMs: number;
  /** In total. One more closes the oldest idle one of the client that holds the most; if all are busy, itself. */
  readonly connections: number;
  /** From one IPv4 address, or one IPv6 /64 network: the addresses of one client. */
  readonly connectionsPerAddress: number;
  /** Bytes per second that a body must bring, over `bodyWindowMs`; 0 for any. */
  readonly minBodyRate: number;
  readonly bodyWindowMs: number;
  /** How often overdue headers are searched for. */
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
  connectionsPerAddress: 512,
  minBodyRate: 1_024,
  bodyWindowMs: 30_000,
  checkMs: 2_000,
  graceMs: 10_000,
};

/** Bytes of request line and headers. */
export const HEADER_BYTES = 16 * 1024;
/** A browser sends about 20; each costs two strings and a table entry. */
export const HEADER_COUNT = 100;
