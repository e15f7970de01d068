/** Eviction: the oldest connection of the client that holds the most. */

/**
 * @param waiting in order of arrival.
 * @returns undefined only where nothing waits.
 */
export function connectionToEvict<T extends { readonly caller: string }>(waiting: Iterable<T>): T | undefined {
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
