/** The requests that mean somebody uses this host; and the door that is shut on them before the host ends itself. */
import type { Exchange } from "../../http/server/exchange.js";
import { goingDown } from "../problems.js";

/** Differs from every number of bytes: the first look counts as movement. */
const UNKNOWN = -1;

export class Uses {
  /** Of `now`; -Infinity before the first use. */
  last = Number.NEGATIVE_INFINITY;
  readonly #underWay = new Map<Exchange, { bytes: number; movedAt: number }>();
  #isOpen = true;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Called once who asks is known: a stranger's attempts keep no host awake, nor do requests that fail.
   *
   * @throws Problem 503 while the host is ending itself.
   */
  begin(exchange: Exchange): void {
    if (!this.#isOpen) throw goingDown();
    // Asking a socket for its bytes costs as much as the rest of this; what is over by the next look never pays it.
    this.#underWay.set(exchange, { bytes: UNKNOWN, movedAt: this.now() });
    exchange.res.once("close", () => {
      this.#underWay.delete(exchange);
      if (exchange.res.statusCode < 400) this.last = this.now();
    });
  }

  /** How many requests moved bytes, or began, within the last `ms`; seen as finely as this is asked. */
  moving(ms: number): number {
    const now = this.now();
    let count = 0;
    for (const [exchange, seen] of this.#underWay) {
      const bytes = bytesOf(exchange);
      if (bytes !== seen.bytes) Object.assign(seen, { bytes, movedAt: now });
      if (now - seen.movedAt <= ms) count += 1;
    }
    return count;
  }

  refuseMore(): void {
    this.#isOpen = false;
  }

  accept(): void {
    this.#isOpen = true;
  }
}

function bytesOf({ req, bytes, received }: Exchange): number {
  return req.socket.bytesRead + req.socket.bytesWritten + bytes + received;
}
