/** Whether everything that the gateway stands on answers. */

export type Checks = Readonly<Record<string, () => Promise<unknown>>>;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, "ok" | "failed">>;
}

/** Strangers may ask: however many do, the checks run once in so many milliseconds. */
const LIFE_MS = 2_000;

export function readinessOf(checks: Checks, onFailure: (name: string, error: unknown) => void, now = Date.now) {
  let at = Number.NEGATIVE_INFINITY;
  let last: Promise<Readiness> | undefined;
  return (): Promise<Readiness> => {
    if (last === undefined || now() - at >= LIFE_MS) {
      at = now();
      last = ask(checks, onFailure);
    }
    return last;
  };
}

async function ask(checks: Checks, onFailure: (name: string, error: unknown) => void): Promise<Readiness> {
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
