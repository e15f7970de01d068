/** Remembers tokens with a valid signature for a moment: a client sends the same token with each request. */
import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";

/** How long a verification lasts. A withdrawn key ends its tokens after this time at the latest. */
const LIFETIME_MS = 60_000;
const MAX_TOKENS = 1_000;

interface Verified {
  readonly payload: JWTPayload;
  /** Milliseconds since 1970. Before and after, the token is verified again. */
  readonly from: number;
  readonly until: number;
}

export class VerifiedTokens {
  /** By hash, so that no token stays in memory; the oldest first. */
  readonly #known = new Map<string, Verified>();

  constructor(private readonly leewaySeconds: number) {}

  get(token: string, now: number): JWTPayload | undefined {
    const known = this.#known.get(hash(token));
    return known !== undefined && now >= known.from && now < known.until ? known.payload : undefined;
  }

  /** @param payload the claims of a token that is valid now. */
  add(token: string, payload: JWTPayload, now: number): void {
    const key = hash(token);
    const expired = ((payload.exp ?? 0) + this.leewaySeconds) * 1000;
    this.#known.delete(key);
    this.#known.set(key, { payload, from: now, until: Math.min(expired, now + LIFETIME_MS) });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_TOKENS) break;
      this.#known.delete(oldest);
    }
  }
}

const hash = (token: string) => createHash("sha256").update(token).digest("base64");
