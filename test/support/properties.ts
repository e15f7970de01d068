/** How property tests run: the same cases each time, and few enough to cost little. */
export const RUNS = { seed: 20_261_201, numRuns: 300 } as const;

/** What `parse` returns; undefined where it refuses the text with an error of `kind`. @throws any other error */
export function parsed<T>(parse: () => T, kind: new (...args: never[]) => Error): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof kind) return undefined;
    throw error;
  }
}
