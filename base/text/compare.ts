/**
 * Orders text in the same way on every machine: by code unit, as `sort()` does without a comparator. `localeCompare`
 * depends on the locale.
 */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts by the text that `keyOf` returns. @example hosts.sort(byText(({ name }) => name)) */
export function byText<T>(keyOf: (value: T) => string): (a: T, b: T) => number {
  return (a, b) => compareText(keyOf(a), keyOf(b));
}
