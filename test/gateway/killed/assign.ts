/** Maximum bipartite matching by augmenting paths. @returns the things without a choice of their own. Pure. */
export function assignAll<T, C>(things: readonly T[], choicesOf: (thing: T) => readonly C[]): T[] {
  const takenBy = new Map<C, T>();
  const place = (thing: T, tried: Set<C>): boolean => {
    for (const choice of choicesOf(thing)) {
      if (tried.has(choice)) continue;
      tried.add(choice);
      const holder = takenBy.get(choice);
      if (holder !== undefined && !place(holder, tried)) continue;
      takenBy.set(choice, thing);
      return true;
    }
    return false;
  };
  return things.filter((thing) => !place(thing, new Set()));
}
