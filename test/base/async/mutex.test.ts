import { expect, test } from "vitest";
import { KeyedMutex } from "../../../base/async/keyed-mutex.js";
import { Mutex } from "../../../base/async/mutex.js";

/** Work that ends when it is told to, and a record of what began and ended. */
function recorder() {
  const events: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      events.push(`${name} begins`);
      ends.set(name, (error) => {
        events.push(`${name} ends`);
        if (error === undefined) resolve(name);
        else reject(error);
      });
    });
  const end = (name: string, error?: Error) => ends.get(name)?.(error);
  return { events, work, end };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a mutex runs one task after the other, in the order of the calls", async () => {
  const { events, work, end } = recorder();
  const mutex = new Mutex();
  const results = ["a", "b"].map((name) => mutex.run(work(name)));
  await settled();
  expect(events).toEqual(["a begins"]);
  end("a");
  await settled();
  end("b");
  expect(await Promise.all(results)).toEqual(["a", "b"]);
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

test("a failure reaches its own caller and holds nothing up", async () => {
  const { work, end } = recorder();
  const mutex = new Mutex();
  const [first, second] = [mutex.run(work("a")), mutex.run(work("b"))];
  await settled();
  end("a", new Error("no"));
  await expect(first).rejects.toThrow("no");
  await settled();
  end("b");
  expect(await second).toBe("b");
});

test("idle() waits for what was asked for, also after a failure", async () => {
  const { events, work, end } = recorder();
  const mutex = new Mutex();
  const result = mutex.run(work("a")).catch(() => undefined);
  let idle = false;
  const waiting = mutex.idle().then(() => {
    idle = true;
  });
  await settled();
  expect(idle).toBe(false);
  end("a", new Error("no"));
  await Promise.all([result, waiting]);
  expect(events).toEqual(["a begins", "a ends"]);
});

test("a keyed mutex holds back the same key only", async () => {
  const { events, work, end } = recorder();
  const mutex = new KeyedMutex();
  const first = mutex.run("x", work("x1"));
  const second = mutex.run("x", work("x2"));
  const other = mutex.run("y", work("y1"));
  await settled();
  expect(events).toEqual(["x1 begins", "y1 begins"]);
  end("y1");
  expect(await other).toBe("y1");
  end("x1", new Error("no"));
  await expect(first).rejects.toThrow("no");
  await settled();
  end("x2");
  expect(await second).toBe("x2");
  await mutex.idle();
});
