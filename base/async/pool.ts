/** Processes a list a few items at a time. */
import pLimit from "p-limit";

/**
 * Maps `items` with at most `limit` concurrent calls of `work`. The results keep the order of the items.
 *
 * @throws the first failure, as soon as the running calls have ended; no further call starts after it.
 */
export async function mapLimit<Item, Result>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const slots = pLimit(limit);
  const failures: unknown[] = [];
  const running = Array.from(items, (item, index) =>
    slots(async () => {
      if (failures.length > 0) return undefined;
      try {
        return await work(item, index);
      } catch (error) {
        failures.push(error);
        return undefined;
      }
    }),
  );
  const results = await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  return results as Result[];
}
