import { expect, test } from "vitest";
import { RwLock } from "../../../base/async/rw-lock.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("readers run together; a writer waits for them, and holds back the readers that come after it", async () => {
  const lock = new RwLock();
  const events: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      events.push(name);
      ends.push(resolve);
    });
  const all = [lock.read(work("r1")), lock.read(work("r2")), lock.write(work("w")), lock.read(work("r3"))];
  await settled();
  expect(events).toEqual(["r1", "r2"]);
  ends[0]?.();
  await settled();
  expect(events).toEqual(["r1", "r2"]);
  ends[1]?.();
  await settled();
  expect(events).toEqual(["r1", "r2", "w"]);
  ends[2]?.();
  await settled();
  expect(events).toEqual(["r1", "r2", "w", "r3"]);
  ends[3]?.();
  await Promise.all(all);
});

test("a reader or writer that fails lets the next one in", async () => {
  const lock = new RwLock();
  const fail = async () => {
    throw new Error("no");
  };
  await expect(lock.read(fail)).rejects.toThrow("no");
  await expect(lock.write(fail)).rejects.toThrow("no");
  expect(await lock.write(async () => "w")).toBe("w");
  expect(await lock.read(async () => "r")).toBe("r");
});
