import { expect, test } from "vitest";
import { Batcher } from "../../../base/async/batcher.js";

/** Work that ends when it is told to; what it was given is kept. */
function held() {
  const batches: (readonly number[])[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const work = (items: readonly number[]) =>
    new Promise<number[]>((resolve, reject) => {
      batches.push(items);
      ends.push((error) => (error === undefined ? resolve(items.map((item) => item * 10)) : reject(error)));
    });
  return { batches, ends, work };
}

test("one that comes alone goes alone and at once; those that come meanwhile go together, in their order", async () => {
  const { batches, ends, work } = held();
  const batcher = new Batcher(work, { maxItems: 100 });
  const results = [1, 2, 3].map((item) => batcher.add(item));
  expect(batches).toEqual([[1]]);
  ends[0]?.();
  expect(await results[0]).toBe(10);
  expect(batches).toEqual([[1], [2, 3]]);
  ends[1]?.();
  expect(await Promise.all(results)).toEqual([10, 20, 30]);
});

test("no more at once than is allowed", async () => {
  const { batches, ends, work } = held();
  const batcher = new Batcher(work, { maxItems: 2 });
  const results = [1, 2, 3, 4].map((item) => batcher.add(item));
  for (let batch = 0; batch < 3; batch += 1) {
    ends[batch]?.();
    await Promise.all(results.slice(0, batch * 2 + 1));
  }
  expect(batches).toEqual([[1], [2, 3], [4]]);
});

test("where the work fails, all that shared it fail, and those after them do not", async () => {
  const { ends, work } = held();
  const batcher = new Batcher(work, { maxItems: 100 });
  const first = batcher.add(1);
  ends[0]?.(new Error("the disk is full"));
  await expect(first).rejects.toThrow("the disk is full");
  const second = batcher.add(2);
  ends[1]?.();
  expect(await second).toBe(20);
});

test("G-10: where one of many is to blame, each is tried alone, and only that one fails", async () => {
  const batches: (readonly number[])[] = [];
  const work = async (items: readonly number[]) => {
    batches.push(items);
    if (items.includes(3)) throw new Error("3 is out of range");
    return items.map((item) => item * 10);
  };
  const batcher = new Batcher(work, { maxItems: 100, isOneToBlame: () => true });
  const results = await Promise.allSettled([1, 2, 3, 4].map((item) => batcher.add(item)));
  expect(results.map((each) => (each.status === "fulfilled" ? each.value : String(each.reason)))).toEqual([
    10,
    20,
    "Error: 3 is out of range",
    40,
  ]);
  expect(batches).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
});
