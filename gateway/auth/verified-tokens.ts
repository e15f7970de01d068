/** Tokens whose signature was found right a moment ago: a client sends the same one again and again. */
import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";

/** How long a signature is believed: a key that is withdrawn ends its tokens after this at the latest. */
const LIFE_MS = 60_000;
const MOST = 1_000;

interface Verified {
  readonly payload: JWTPayload;
  /** Milliseconds since 1970; before and after, it is verified again. */
  readonly from: number;
  readonly until: number;
}

export class VerifiedTokens {
  /** By hash, so that no token lies around here; the oldest first. */
  readonly #known = new Map<string, Verified>();

  constructor(private readonly leewaySeconds: number) {}

  get(token: string, now: number): JWTPayload | undefined {
    const known = this.#known.get(hash(token));
    return known !== undefined && now >= known.from && now < known.until ? known.payload : undefined;
  }

  /** @param payload of a token that is right in every way, now. */
  add(token: string, payload: JWTPayload, now: number): void {
    const key = hash(token);
    const expired = ((payload.exp ?? 0) + this.leewaySeconds) * 1000;
    this.#known.delete(key);
    this.#known.set(key, { payload, from: now, until: Math.min(expired, now + LIFE_MS) });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
  }
}

const hash = (token: string) => createHash("sha256").update(token).digest("base64");
