import { readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { type DemoDir, openDemoDir } from "../../../local/machine/demo-dir.js";
import { test } from "../../fixtures/temporary.js";

test("a project as a user would have it, and a home that nobody else can read", async ({ dir: root }) => {
  const dir = await openDemoDir(root, { ami: "al2023", caller: "198.51.100.7" });
  expect(await readFile(join(dir.project, "sallyport.yaml"), "utf8")).toBe("ami: al2023\ncaller: 198.51.100.7\n");
  expect((await stat(dir.home)).mode & 0o777).toBe(0o700);
  await dir.release();
});

test("what an earlier run left is cleared, but for the cache", async ({ dir: root }) => {
  const first = await openDemoDir(root, {});
  for (const place of [first.home, first.project, first.logs, first.cache]) await writeFile(join(place, "old"), "");
  await first.release();
  const second = await openDemoDir(root, {});
  expect(await readdir(second.home)).toEqual([]);
  expect(await readdir(second.logs)).toEqual([]);
  expect(await readdir(second.project)).not.toContain("old");
  expect(await readdir(second.cache)).toEqual(["old"]);
  await second.release();
});

test("two at once: one gets it, the other is told who has it", async ({ dir: root }) => {
  const tries = await Promise.allSettled([openDemoDir(root, {}), openDemoDir(root, {})]);
  const refused = tries.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  const got = tries.flatMap((each) => (each.status === "fulfilled" ? [each.value as DemoDir] : []));
  expect(got).toHaveLength(1);
  expect(refused).toMatchObject([{ code: "local/demo-running", exit: 5 }]);
  await got[0]?.release();
});

test.for(["999999999 1\n", `${process.pid} 1\n`, "nonsense\n"])(
  "the lock %j of a dead run is taken over",
  async (stale, { dir: root }) => {
    await writeFile(join(root, "lock"), stale);
    const dir = await openDemoDir(root, {});
    expect(await readlink(join(root, "lock"))).toMatch(new RegExp(`^${process.pid}-[1-9]`));
    expect((await readdir(root)).sort()).toEqual(["cache", "home", "lock", "logs", "project"]);
    await dir.release();
  },
);
