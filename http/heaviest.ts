/** Who has to give way where there are too many: one of the many of one caller, before the only one of another. */

/**
 * @param waiting in the order in which they came.
 * @returns the oldest of the caller with the most; undefined only of nothing.
 */
export function oldestOfHeaviest<T extends { readonly caller: string }>(waiting: Iterable<T>): T | undefined {
  const groups = new Map<string, { oldest: T; count: number }>();
  let heaviest: { oldest: T; count: number } | undefined;
  for (const one of waiting) {
    const group = groups.get(one.caller) ?? { oldest: one, count: 0 };
    group.count += 1;
    groups.set(one.caller, group);
  }
  for (const group of groups.values()) if (group.count > (heaviest?.count ?? 0)) heaviest = group;
  return heaviest?.oldest;
}
