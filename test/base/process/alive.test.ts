import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isAlive, markOf } from "../../../base/process/alive.js";

test("a process is alive until it ends, also before its exit is collected", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const mark = markOf(child.pid ?? 0) ?? { pid: 0, ticks: "" };
  expect(isAlive(mark)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isAlive(mark)).toBe(false);
  expect(markOf(mark.pid)).toBeUndefined();
});

test("another process under the same number is another process", () => {
  expect(isAlive({ pid: process.pid, ticks: "1" })).toBe(false);
  expect(isAlive({ pid: process.pid, ticks: "" })).toBe(true);
});

test.each([0, -1, Number.NaN, 1.5, 999_999_999])("%d is no process", (pid) => {
  expect(isAlive({ pid, ticks: "" })).toBe(false);
  expect(markOf(pid)).toBeUndefined();
});
