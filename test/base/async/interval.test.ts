import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Interval } from "../../../base/async/interval.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function held() {
  const ends: (() => void)[] = [];
  const work = () => new Promise<void>((resolve) => void ends.push(resolve));
  return { ends, work };
}

const never = (error: unknown) => {
  throw error;
};

test("the next run begins one interval after the last has ended", async () => {
  const { ends, work } = held();
  const interval = new Interval({ intervalMs: 100, work, onFailure: never }).start();
  await vi.advanceTimersByTimeAsync(99);
  expect(ends).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(ends).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(100);
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await interval.stop();
});

test("triggers during a run make one more, at once", async () => {
  const { ends, work } = held();
  const interval = new Interval({ intervalMs: 100, work, onFailure: never });
  interval.trigger();
  interval.trigger();
  interval.trigger();
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toHaveLength(2);
  await interval.stop();
});

test("a run that fails is reported, and the next comes at its usual time", async () => {
  const failures: unknown[] = [];
  let runs = 0;
  const work = async () => {
    runs += 1;
    throw new Error(`run ${runs}`);
  };
  const interval = new Interval({
    intervalMs: () => 10 * (runs + 1),
    work,
    onFailure: (error) => failures.push(error),
  });
  interval.start();
  await vi.advanceTimersByTimeAsync(10 + 20);
  expect(failures).toEqual([new Error("run 1"), new Error("run 2")]);
  await interval.stop();
});

test("stop waits for the run that is going, and lets none follow", async () => {
  const { ends, work } = held();
  const interval = new Interval({ intervalMs: 100, work, onFailure: never });
  interval.trigger();
  interval.trigger();
  let stopped = false;
  const stopping = interval.stop().then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(stopped).toBe(false);
  ends[0]?.();
  await stopping;
  interval.trigger();
  interval.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ends).toHaveLength(1);
});
