import { expect, test } from "vitest";
import { mapLimit } from "../../../base/async/pool.js";

test("no more at once than the limit, and the results in the order of the items", async () => {
  let running = 0;
  let most = 0;
  const results = await mapLimit([5, 1, 4, 2, 3], 2, async (item, index) => {
    running += 1;
    most = Math.max(most, running);
    for (let tick = 0; tick < item; tick += 1) await Promise.resolve();
    running -= 1;
    return `${index}:${item}`;
  });
  expect(results).toEqual(["0:5", "1:1", "2:4", "3:2", "4:3"]);
  expect(most).toBe(2);
});

test("after a failure nothing new begins, and what had begun is waited for", async () => {
  const begun: number[] = [];
  let end = () => {};
  const result = mapLimit([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error("no");
    await new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  let isSettled = false;
  result
    .catch(() => undefined)
    .finally(() => {
      isSettled = true;
    });
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([1, 2]);
  expect(isSettled).toBe(false);
  end();
  await expect(result).rejects.toThrow("no");
  expect(begun).toEqual([1, 2]);
});
