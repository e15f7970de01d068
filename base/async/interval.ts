/**
 * Repeats work without overlap. `setInterval` would start a run while the last one is still going, lose its failure,
 * and leave nothing to await.
 */
export interface IntervalOptions {
  /** Milliseconds from the end of one run to the start of the next. A function is called before each wait. */
  readonly intervalMs: number | (() => number);
  readonly work: () => Promise<unknown>;
  /** Called with the error of a run. The next run comes at its usual time. */
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

  /** The first run starts after one interval. To run at once, call {@link trigger}. */
  start(): this {
    if (this.#timer === undefined && this.#running === undefined && !this.#stopped) this.#wait();
    return this;
  }

  /** Runs now. If a run is going on, exactly one more follows it, however often this is called. */
  trigger(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#running = this.#run();
  }

  /** Resolves when no run is going on and none will follow. */
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
