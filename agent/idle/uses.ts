/** Tracks the requests that count as use of this host, and refuses them before the host ends itself. */
import type { Exchange } from "../../http/server/exchange.js";
import { goingDown } from "../problems.js";

/** Differs from every number of bytes: the first look counts as movement. */
const UNKNOWN = -1;

export class Uses {
  /** Time of the last use by `now`; -Infinity before the first. */
  last = Number.NEGATIVE_INFINITY;
  readonly #underWay = new Map<Exchange, { bytes: number; movedAt: number }>();
  #isOpen = true;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Called after authentication: neither unauthenticated nor failed requests keep a host awake.
   *
   * @throws Problem 503 while the host is ending itself.
   */
  begin(exchange: Exchange): void {
    if (!this.#isOpen) throw goingDown();
    // Reading a socket's byte counts costs as much as the rest of this. Requests that end before the next look avoid it.
    this.#underWay.set(exchange, { bytes: UNKNOWN, movedAt: this.now() });
    exchange.res.once("close", () => {
      this.#underWay.delete(exchange);
      if (exchange.res.statusCode < 400) this.last = this.now();
    });
  }

  /** The number of requests that began or moved bytes within the last `ms`, as precise as the interval of the calls. */
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
