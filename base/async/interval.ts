/**
 * Repeated work that never overlaps itself. `setInterval` starts the next run while the last is still going, drops its
 * failure, and cannot be waited for.
 */
export interface IntervalOptions {
  /** Milliseconds from the end of one run to the start of the next; a function is asked before each wait. */
  readonly intervalMs: number | (() => number);
  readonly work: () => Promise<unknown>;
  /** Called with whatever a run threw; the next run comes at its usual time. */
  readonly onFailure: (error: unknown) => void;
  /** Whether the timer keeps the process alive. @default false */
  readonly keepsAlive?: boolean;
}

export class Interval {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(private readonly options: IntervalOptions) {}

  /** The first run comes after one interval. For one now, call {@link trigger} instead. */
  start(): this {
    if (this.#timer === undefined && this.#running === undefined && !this.#stopped) this.#wait();
    return this;
  }

  /** Runs now. While a run is going, one more follows it at once, however often this is called. */
  trigger(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#running = this.#run();
  }

  /** Resolves when no run is going and none will come. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.options.work();
      } catch (error) {
        this.options.onFailure(error);
      }
    } while (this.#again && !this.#stopped);
    this.#running = undefined;
    if (!this.#stopped) this.#wait();
  }

  #wait(): void {
    const { intervalMs, keepsAlive = false } = this.options;
    const timer = setTimeout(() => this.trigger(), typeof intervalMs === "number" ? intervalMs : intervalMs());
    this.#timer = keepsAlive ? timer : timer.unref();
  }
}
