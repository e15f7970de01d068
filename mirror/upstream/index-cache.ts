/**
 * Caches index documents of upstreams. A fresh document is used as it is; after its time the upstream is asked whether
 * it has changed. An upstream that does not answer is not asked again for some seconds, so a client does not wait for
 * it once per package.
 */
import type { Logger } from "pino";
import { errorText } from "../../base/text/error-text.js";
import type { IndexDocument } from "../resolve/model.js";
import { Lru } from "../store/lru.js";
import type { Connection, FetchedIndex } from "./connection.js";
import { UpstreamError } from "./errors.js";
import type { UpstreamLimits } from "./limits.js";

/** The same object as long as nothing has changed. */
export type LookupResult =
  | { readonly kind: "found"; readonly document: IndexDocument }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly reason: string };

interface CachedLookup {
  readonly fetched: FetchedIndex;
  readonly result: LookupResult;
  freshUntil: number;
}

const ABSENT: LookupResult = { kind: "absent" };
/** Bytes of documents as transferred; parsed, they take a multiple of that. */
const MAX_CACHED_BYTES = 128 * 1024 * 1024;
/** Weight of an entry without a document. */
const ENTRY_BYTES = 500;

export class IndexCache {
  readonly #cached = new Lru<CachedLookup>(MAX_CACHED_BYTES);
  readonly #running = new Map<string, Promise<LookupResult>>();
  readonly #down = new Map<string, { readonly until: number; readonly result: LookupResult }>();
  readonly #failed = new Lru<{ readonly until: number; readonly result: LookupResult }>(1_000);

  constructor(
    private readonly limits: UpstreamLimits,
    private readonly log: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  /** The result that is known without a request, if it is fresh. */
  peek(connection: Connection, name: string): LookupResult | undefined {
    const now = this.now();
    const down = this.#down.get(connection.name);
    if (down !== undefined && now < down.until) return down.result;
    const key = `${connection.name} ${name}`;
    const failed = this.#failed.get(key);
    if (failed !== undefined && now < failed.until) return failed.result;
    const entry = this.#cached.get(key);
    return entry !== undefined && now < entry.freshUntil ? entry.result : undefined;
  }

  /** Never rejects: a failure is a result. */
  lookup(connection: Connection, name: string): Promise<LookupResult> {
    const known = this.peek(connection, name);
    if (known !== undefined) return Promise.resolve(known);
    const key = `${connection.name} ${name}`;
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = this.#fetch(connection, name, key).finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  /** Records a failed download: if the upstream is down, lookups will not ask it for a while. */
  reportFailure(connection: Connection, error: unknown): void {
    if (!(error instanceof UpstreamError) || !error.down) return;
    this.#markDown(connection, error.message);
  }

  async #fetch(connection: Connection, name: string, key: string): Promise<LookupResult> {
    const before = this.#cached.get(key);
    try {
      const fetched = await connection.index(name, before?.fetched);
      const result =
        before !== undefined && fetched === before.fetched
          ? before.result
          : fetched.document === undefined
            ? ABSENT
            : ({ kind: "found", document: fetched.document } as const);
      const freshUntil = this.now() + connection.ttlMs;
      this.#cached.set(key, { fetched, result, freshUntil }, ENTRY_BYTES + fetched.bytes);
      this.#failed.delete(key);
      return result;
    } catch (error) {
      const down = error instanceof UpstreamError && error.down;
      const reason = error instanceof UpstreamError ? error.message : `the upstream ${connection.name} failed`;
      this.log.warn({ event: "upstream-failed", upstream: connection.name, package: name, cause: textOf(error) });
      if (down) return this.#markDown(connection, reason);
      const result: LookupResult = { kind: "failed", reason };
      this.#failed.set(key, { until: this.now() + this.limits.downMs, result });
      return result;
    }
  }

  #markDown(connection: Connection, reason: string): LookupResult {
    const now = this.now();
    const known = this.#down.get(connection.name);
    if (known !== undefined && now < known.until) return known.result;
    const result: LookupResult = { kind: "failed", reason };
    this.#down.set(connection.name, { until: now + this.limits.downMs, result });
    return result;
  }
}

function textOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return errorText(error) + cause;
}
