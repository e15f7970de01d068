/**
 * What upstreams' indexes say, kept for a while: within its time a document is used as it is, afterwards it is asked
 * whether it has changed. An upstream that does not answer is left alone for some seconds, so that a client does not
 * wait for it once per package.
 */
import type { Logger } from "pino";
import type { IndexDocument } from "../resolve/model.js";
import { Lru } from "../store/lru.js";
import type { Connection, FetchedIndex } from "./connection.js";
import { UpstreamError } from "./errors.js";
import type { UpstreamLimits } from "./limits.js";

/** The same object for as long as nothing has changed. */
export type LookupResult =
  | { readonly kind: "found"; readonly document: IndexDocument }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly reason: string };

interface CachedLookup {
  readonly fetched: FetchedIndex;
  readonly finding: LookupResult;
  freshUntil: number;
}

const ABSENT: LookupResult = { kind: "absent" };
/** Bytes of documents, as they came; unpacked they take some times as much. */
const KEPT_BYTES = 128 * 1024 * 1024;
const ENTRY_BYTES = 500;

export class IndexCache {
  readonly #kept = new Lru<CachedLookup>(KEPT_BYTES);
  readonly #asking = new Map<string, Promise<LookupResult>>();
  readonly #down = new Map<string, { readonly until: number; readonly finding: LookupResult }>();
  readonly #failed = new Lru<{ readonly until: number; readonly finding: LookupResult }>(1_000);

  constructor(
    private readonly limits: UpstreamLimits,
    private readonly log: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  /** What is known without asking, if that is fresh enough. */
  peek(connection: Connection, name: string): LookupResult | undefined {
    const now = this.now();
    const down = this.#down.get(connection.name);
    if (down !== undefined && now < down.until) return down.finding;
    const key = `${connection.name} ${name}`;
    const reportFailure = this.#failed.get(key);
    if (reportFailure !== undefined && now < reportFailure.until) return reportFailure.finding;
    const entry = this.#kept.get(key);
    return entry !== undefined && now < entry.freshUntil ? entry.finding : undefined;
  }

  /** Never rejects: a failure is a finding. */
  lookup(connection: Connection, name: string): Promise<LookupResult> {
    const known = this.peek(connection, name);
    if (known !== undefined) return Promise.resolve(known);
    const key = `${connection.name} ${name}`;
    const running = this.#asking.get(key);
    if (running !== undefined) return running;
    const asking = this.#ask(connection, name, key).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  /** Tells of what went wrong while an asset was fetched. */
  failed(connection: Connection, error: unknown): void {
    if (!(error instanceof UpstreamError) || !error.down) return;
    this.#markDown(connection, error.message);
  }

  async #ask(connection: Connection, name: string, key: string): Promise<LookupResult> {
    const before = this.#kept.get(key);
    try {
      const fetched = await connection.index(name, before?.fetched);
      const finding =
        before !== undefined && fetched === before.fetched
          ? before.finding
          : fetched.document === undefined
            ? ABSENT
            : ({ kind: "found", document: fetched.document } as const);
      const freshUntil = this.now() + connection.ttlMs;
      this.#kept.set(key, { fetched, finding, freshUntil }, ENTRY_BYTES + fetched.bytes);
      this.#failed.delete(key);
      return finding;
    } catch (error) {
      const down = error instanceof UpstreamError && error.down;
      const reason = error instanceof UpstreamError ? error.message : `the upstream ${connection.name} failed`;
      this.log.warn({ event: "upstream-failed", upstream: connection.name, package: name, cause: textOf(error) });
      if (down) return this.#markDown(connection, reason);
      const finding: LookupResult = { kind: "failed", reason };
      this.#failed.set(key, { until: this.now() + this.limits.downMs, finding });
      return finding;
    }
  }

  #markDown(connection: Connection, reason: string): LookupResult {
    const now = this.now();
    const known = this.#down.get(connection.name);
    if (known !== undefined && now < known.until) return known.finding;
    const finding: LookupResult = { kind: "failed", reason };
    this.#down.set(connection.name, { until: now + this.limits.downMs, finding });
    return finding;
  }
}

function textOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return error instanceof Error ? error.message + cause : String(error);
}
