/** Checks what the gateway depends on. */
import { cached } from "../../base/async/cached.js";
import { within } from "../../base/async/within.js";
import { defined } from "../../base/defined.js";
import { errorText } from "../../base/text/error-text.js";

interface Check {
  run(): Promise<unknown>;
  /** Whether everyone may read why it failed. @default false */
  readonly isPublic?: boolean;
}

export type Checks = Readonly<Record<string, Check>>;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, "ok" | "failed">>;
  /** By check, for those whose reason is public. */
  readonly reasons?: Readonly<Record<string, string>>;
}

/** The route is public, so the checks run at most once in this time. */
const LIFETIME_MS = 2_000;
/** For one check. A database behind a network that drops packets does not answer for a quarter of an hour. */
const LIMIT_MS = 15_000;

/** @param limitMs for one check, which fails after it. @default 15000 */
export function readinessOf(
  checks: Checks,
  onFailure: (name: string, error: unknown) => void,
  limitMs = LIMIT_MS,
): () => Promise<Readiness> {
  return cached(LIFETIME_MS, () => runChecks(checks, onFailure, limitMs));
}

async function runChecks(
  checks: Checks,
  onFailure: (name: string, error: unknown) => void,
  limitMs: number,
): Promise<Readiness> {
  const reasons: Record<string, string> = {};
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await within(limitMs, check.run(), () => new Error(`no answer within ${limitMs} ms`));
        return [name, "ok"] as const;
      } catch (error) {
        onFailure(name, error);
        if (check.isPublic === true) reasons[name] = errorText(error);
        return [name, "failed"] as const;
      }
    }),
  );
  return defined<Readiness>({
    ready: results.every(([, result]) => result === "ok"),
    checks: Object.fromEntries(results),
    reasons: Object.keys(reasons).length === 0 ? undefined : reasons,
  });
}
