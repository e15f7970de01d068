/** Checks what the gateway depends on. */
import { cached } from "../../base/async/cached.js";

export type Checks = Readonly<Record<string, () => Promise<unknown>>>;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, "ok" | "failed">>;
}

/** The route is public, so the checks run at most once in this time. */
const LIFETIME_MS = 2_000;

export function readinessOf(checks: Checks, onFailure: (name: string, error: unknown) => void, now = Date.now) {
  return cached(LIFETIME_MS, () => runChecks(checks, onFailure), now);
}

async function runChecks(checks: Checks, onFailure: (name: string, error: unknown) => void): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await check();
        return [name, "ok"] as const;
      } catch (error) {
        onFailure(name, error);
        return [name, "failed"] as const;
      }
    }),
  );
  return { ready: results.every(([, result]) => result === "ok"), checks: Object.fromEntries(results) };
}
