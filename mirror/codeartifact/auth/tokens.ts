/**
 * Authorization tokens: 256 random bits, of which only the SHA-256 is stored. A token belongs to one domain and to the
 * access key that requested it, and outlives neither.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Change, DurableMap } from "../../store/durable-map.js";
import { invalid, throttled } from "../errors.js";
import { QUOTAS } from "../quotas.js";
import type { Caller, Role } from "./caller.js";

export interface TokenRecord {
  readonly keyId: string;
  readonly who: string;
  readonly role: Role;
  readonly domainId: string;
  readonly endsMs: number;
}

export interface IssuedToken {
  readonly token: string;
  readonly endsMs: number;
}

const TOKEN_SECONDS = { shortest: 900, longest: 43_200 } as const;

/** @param seconds 0 for as long as the credentials last, at most twelve hours. @throws ApiError */
export function endOf(seconds: number, { endsMs }: Pick<Caller, "endsMs">, nowMs: number): number {
  const { shortest, longest } = TOKEN_SECONDS;
  const whole = Number.isInteger(seconds);
  if (!whole || (seconds !== 0 && (seconds < shortest || seconds > longest))) {
    throw invalid(`durationSeconds must be 0, or from ${shortest} to ${longest}.`);
  }
  if (seconds > 0) return nowMs + seconds * 1000;
  return Math.min(endsMs ?? Number.POSITIVE_INFINITY, nowMs + longest * 1000);
}

/** How long an expired token is reported as expired, and not just as invalid. */
const REMEMBERED_MS = 24 * 3_600_000;

export class Tokens {
  #second = 0;
  #issued = 0;

  constructor(private readonly store: DurableMap<TokenRecord>) {}

  /** Durable on return. Removes tokens that expired long ago. @throws ApiError ThrottlingException */
  async issue(record: TokenRecord, nowMs: number): Promise<IssuedToken> {
    this.#throttle(nowMs);
    const token = randomBytes(32).toString("base64url");
    await this.store.change(() => {
      const old = [...this.store.records].filter(([, { endsMs }]) => endsMs <= nowMs - REMEMBERED_MS);
      const dropped = old.map(([key]): Change<TokenRecord> => ({ key }));
      return { changes: [...dropped, { key: hashOf(token), value: record }], result: undefined };
    });
    return { token, endsMs: record.endsMs };
  }

  /** The record of a token, even of an expired one. */
  find(token: string): TokenRecord | undefined {
    return this.store.records.get(hashOf(token));
  }

  /** The number of tokens that have not expired. */
  live(nowMs: number): number {
    return [...this.store.records.values()].filter(({ endsMs }) => endsMs > nowMs).length;
  }

  #throttle(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) this.#issued = 0;
    this.#second = second;
    this.#issued += 1;
    if (this.#issued > QUOTAS.tokens) throw throttled();
  }
}

/** The time to look up a digest reveals nothing about the token. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
