/**
 * The order of text for output that must be the same everywhere: by code unit, as `sort()` has it without a comparator.
 * `localeCompare` depends on the machine.
 */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts by the text that `keyOf` picks. @example hosts.sort(byText(({ name }) => name)) */
export function byText<T>(keyOf: (value: T) => string): (a: T, b: T) => number {
  return (a, b) => compareText(keyOf(a), keyOf(b));
}
