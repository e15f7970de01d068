/**
 * The requests of clients, the answers, and the forwards seen. `began` and `ended` are ticks of one counter: an event
 * that ended before another began came first. If the answer was lost, `ended` is when the connection broke, and it is
 * unknown whether and when the request took effect.
 */

/** A forward as a client or the administrator sees it. */
export interface ObservedForward {
  readonly id: string;
  readonly connPort: number;
  readonly protocol: string;
  /** Address and port, as one text. */
  readonly target: string;
  readonly owner: string;
  /** Each intent has a name of its own, sent along as the machine's name: a row tells by it who asked for it. */
  readonly intent: string;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
}

export interface Span {
  readonly began: number;
  readonly ended: number;
}

export interface Create extends Span {
  readonly op: "create";
  /** A intent with an idempotency key may be sent again. */
  readonly intent: string;
  readonly owner: string;
  readonly protocol: string;
  readonly target: string;
  readonly wanted?: number;
  /** "refused": for good (4xx). */
  readonly answer: ObservedForward | "refused" | "lost";
}

export interface Delete extends Span {
  readonly op: "delete";
  readonly owner: string;
  readonly connPort: number;
  /** When it ended, milliseconds since 1970. */
  readonly at: number;
  /** "absent": the owner has no such forward (404). */
  readonly answer: "done" | "absent" | "lost";
}

/** All forwards that there were at some moment in between: of one owner, or of everybody. */
export interface Look extends Span {
  readonly op: "look";
  readonly owner?: string;
  /** When it ended, milliseconds since 1970. */
  readonly at: number;
  readonly forwards: readonly ObservedForward[];
}

export type Event = Create | Delete | Look;
