/**
 * One-time codes that stand for a value for a moment: a link with a code brings a session from the command line to a
 * page. A code works once, for a limited time, in this process only.
 */
import { createHash, randomBytes } from "node:crypto";

/** Beyond this the oldest code is evicted, so that no user can fill the memory. */
const MAX_CODES = 1_000;

export class OneTimeCodes<T> {
  /** By hash; in the order of their age. */
  readonly #offered = new Map<string, { readonly value: T; readonly until: number }>();

  /** @param seconds the life of a code. */
  constructor(
    readonly seconds: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** @returns the code for `value`, 256 random bits. */
  offer(value: T): string {
    const code = randomBytes(32).toString("base64url");
    this.#offered.set(hash(code), { value, until: this.now() + this.seconds * 1000 });
    this.#dropOld();
    return code;
  }

  /** @returns undefined for a code that was used, is too old, or never was one. */
  redeem(code: string): T | undefined {
    this.#dropOld();
    const key = hash(code);
    const found = this.#offered.get(key);
    this.#offered.delete(key);
    return found?.value;
  }

  #dropOld(): void {
    for (const [key, { until }] of this.#offered) {
      if (until > this.now() && this.#offered.size <= MAX_CODES) break;
      this.#offered.delete(key);
    }
  }
}

const hash = (code: string) => createHash("sha256").update(code).digest("base64");
