/** A file system without links, as exFAT is and many of SMB are: in a process of its own, for which links fail. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { test } from "../../fixtures/temporary.js";
import { importable } from "../../support/compiled.js";
import { run } from "../../support/run.js";

const PRELUDE = `
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const refuse = async () => { throw Object.assign(new Error("operation not permitted"), { code: "EPERM" }); };
Object.assign(fs, { link: refuse, symlink: refuse });
syncBuiltinESMExports();
const { createExclusive } = await import(${importable("base/fs/atomic.ts")});
const { acquireLock, withLock } = await import(${importable("base/fs/lock.ts")});
const dir = process.argv.at(-1);
const file = dir + "/lock";
`;

async function withoutLinks(dir: string, script: string): Promise<unknown> {
  const node = ["--input-type=module", "--eval", PRELUDE + script, dir];
  const { exitCode, stdout, stderr } = await run(process.execPath, node);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout);
}

test("S-17: of many at once exactly one makes the file, whole, and nothing else is left", async ({ dir }) => {
  const script = `
    const made = await Promise.all(Array.from({ length: 12 }, (_, n) =>
      createExclusive(dir + "/key", String(n).repeat(5000), 0o600)));
    console.log(JSON.stringify(made));`;
  const processes = await Promise.all([withoutLinks(dir, script), withoutLinks(dir, script)]);
  const made = processes.flat();
  expect(made.filter(Boolean)).toEqual([true]);
  const winner = String(made.indexOf(true) % 12);
  expect(await readFile(join(dir, "key"), "utf8")).toBe(winner.repeat(5000));
  expect(await readdir(dir)).toEqual(["key"]);
});

test("S-17: a lock is held by one at a time, in one process and in two", async ({ dir }) => {
  const script = `
    let clashes = 0;
    const turn = () => withLock(file, async () => {
      await fs.mkdir(dir + "/inside").catch(() => { clashes += 1; });
      await new Promise((resolve) => setImmediate(resolve));
      await fs.rmdir(dir + "/inside").catch(() => { clashes += 1; });
    });
    await Promise.all(Array.from({ length: 10 }, turn));
    console.log(clashes);`;
  expect(await Promise.all([withoutLinks(dir, script), withoutLinks(dir, script)])).toEqual([0, 0]);
  expect(await readdir(dir)).toEqual([]);
});

test("S-17: a lock names its owner, is broken when that is dead, and is released by its owner only", async ({
  dir,
}) => {
  const script = `
    const release = await acquireLock(file);
    const held = await acquireLock(file).catch((error) => error.code);
    await fs.writeFile(file + "/owner", "999999999-1");
    await release();
    const still = await fs.readdir(file);
    const again = await acquireLock(file);
    const owner = await fs.readFile(file + "/owner", "utf8");
    await again();
    console.log(JSON.stringify({ held, still, mine: owner.startsWith(process.pid + "-") }));`;
  expect(await withoutLinks(dir, script)).toEqual({ held: "lock/held", still: ["owner"], mine: true });
  expect(await readdir(dir)).toEqual([]);
});
