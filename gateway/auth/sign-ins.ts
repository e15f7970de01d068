/**
 * One-time codes that stand for a token for a moment: a link with a code brings a user's token from the command line to
 * the page. A code works once, within a minute, in this process only.
 */
import { createHash, randomBytes } from "node:crypto";

export const SIGN_IN_SECONDS = 60;
/** Beyond this the oldest code is evicted, so that no user can fill the memory. */
const MAX_CODES = 1_000;

export class SignIns {
  /** By hash; in the order of their age. */
  readonly #offered = new Map<string, { readonly token: string; readonly until: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  /** @returns the code for `token`, 256 random bits. */
  offer(token: string): string {
    const code = randomBytes(32).toString("base64url");
    this.#offered.set(hash(code), { token, until: this.now() + SIGN_IN_SECONDS * 1000 });
    this.#dropOld();
    return code;
  }

  /** @returns undefined for a code that was used, is too old, or never was one. */
  redeem(code: string): string | undefined {
    this.#dropOld();
    const key = hash(code);
    const found = this.#offered.get(key);
    this.#offered.delete(key);
    return found?.token;
  }

  #dropOld(): void {
    for (const [key, { until }] of this.#offered) {
      if (until > this.now() && this.#offered.size <= MAX_CODES) break;
      this.#offered.delete(key);
    }
  }
}

const hash = (code: string) => createHash("sha256").update(code).digest("base64");
