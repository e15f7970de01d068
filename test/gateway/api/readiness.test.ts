import { expect, test } from "vitest";
import { readinessOf } from "../../../gateway/api/readiness.js";

test("G-01: a check that never ends has failed after its time limit, and the others count", async () => {
  const failures: string[] = [];
  const readiness = readinessOf(
    { database: { run: () => new Promise(() => undefined), isPublic: true }, kernel: { run: async () => undefined } },
    (name, error) => failures.push(`${name}: ${error}`),
    50,
  );
  expect(await readiness()).toEqual({
    ready: false,
    checks: { database: "failed", kernel: "ok" },
    reasons: { database: "no answer within 50 ms" },
  });
  expect(failures).toEqual(["database: Error: no answer within 50 ms"]);
});
