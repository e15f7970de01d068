import { spawn } from "node:child_process";
import { once } from "node:events";
import { lutimes, mkdtemp, readdir, readlink, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acquireLock, withLock } from "../../../base/fs/lock.js";
import { markOf } from "../../../base/process/alive.js";

let dir = "";
let file = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-lock-"));
  file = join(dir, "lock");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const DEAD = "999999999-1";
const me = () => `${process.pid}-${markOf(process.pid)?.ticks}`;

/** Works under the lock many times at once. @returns the most that were in there together. */
async function crowd(size: number): Promise<number> {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: size }, () => withLock(file, work)));
  return most;
}

test("is held until it is released, and names its owner", async () => {
  const release = await acquireLock(file);
  expect(await readlink(file)).toBe(me());
  await expect(acquireLock(file)).rejects.toMatchObject({
    code: "lock/held",
    message: `${JSON.stringify(file)} is locked by process ${process.pid}`,
  });
  await release();
  await (await acquireLock(file, { held: (pid) => new Error(`mine: ${pid}`) }))();
  expect(await readdir(dir)).toEqual([]);
});

test("releases nothing twice: the second time it may be another's", async () => {
  const release = await acquireLock(file);
  await release();
  const other = await acquireLock(file);
  await release();
  expect(await readlink(file)).toBe(me());
  await other();
});

test("what a person removed and another process took is left to that process", async () => {
  const release = await acquireLock(file);
  await unlink(file);
  await symlink("1-1", file);
  await release();
  expect(await readlink(file)).toBe("1-1");
});

test("T-14: a lock is not broken by its age, only by its owner's death", async () => {
  const owner = spawn("sleep", ["60"]);
  await once(owner, "spawn");
  await symlink(`${owner.pid}-${markOf(owner.pid ?? 0)?.ticks}`, file);
  await lutimes(file, 1, 1);
  const waiting = withLock(file, async () => "ours");
  let isIn = false;
  void waiting.then(() => {
    isIn = true;
  });
  await expect(acquireLock(file, { waitMs: 100 })).rejects.toMatchObject({ code: "lock/held" });
  expect(isIn).toBe(false);
  owner.kill("SIGKILL");
  await once(owner, "exit");
  expect(await waiting).toBe("ours");
});

describe("T-14: never two holders", () => {
  test.each(Array.from({ length: 10 }, (_, round) => round))("of many that find a stale lock, round %i", async () => {
    await symlink(DEAD, file);
    expect(await crowd(20)).toBe(1);
    expect(await readdir(dir)).toEqual([]);
  });

  test("where a breaker was killed in the middle, and the breaker of its lock too", async () => {
    await symlink(DEAD, file);
    await symlink(DEAD, `${file}.break`);
    await symlink(DEAD, `${file}.break.break`);
    expect(await crowd(20)).toBe(1);
    expect(await readdir(dir)).toEqual([]);
  });

  test("a breaker that comes late finds a lock that is alive, and leaves it", async () => {
    await symlink(DEAD, file);
    // It has seen the dead owner, and waits for another breaker, which is stopped.
    await symlink("1-", `${file}.break`);
    const late = acquireLock(file, { waitMs: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    await unlink(file);
    await symlink("1-", file);
    await unlink(`${file}.break`);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await readlink(file)).toBe("1-");
    await unlink(file);
    await (await late)();
  });
});

test.each([
  ["a process with this number that began at another time", `${process.pid}-1`],
  ["no process", DEAD],
  ["nonsense", "nonsense"],
])("%s holds nothing", async (_, text) => {
  await symlink(text, file);
  await (await acquireLock(file))();
});

test.each([
  ["of a living process", () => `${process.pid} ${markOf(process.pid)?.ticks}\n`, false],
  ["with the number alone, of a living process", () => `${process.pid}`, false],
  ["of a process that is gone", () => "999999999 1\n", true],
  ["with the number alone, of a process that is gone", () => "999999999", true],
  ["without content", () => "", true],
])("the plain file of version 0.1 %s", async (_, text, isStale) => {
  await writeFile(file, text());
  if (isStale) await (await acquireLock(file))();
  else await expect(acquireLock(file)).rejects.toMatchObject({ code: "lock/held" });
});

test("work that fails releases the lock", async () => {
  const fail = async () => {
    throw new Error("no");
  };
  await expect(withLock(file, fail)).rejects.toThrow("no");
  expect(await readdir(dir)).toEqual([]);
});

test("a directory that is not there is an error, not a wait", async () => {
  await expect(acquireLock(join(dir, "none", "lock"))).rejects.toMatchObject({ code: "ENOENT" });
});
