import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { errno } from "../../../base/fault.js";
import { ensurePrivateDir } from "../../../base/fs/atomic.js";
import { makeDir, makeDirSync } from "../../../base/fs/make-dir.js";
import { packageRoot } from "../../../base/tools.js";
import { test } from "../../fixtures/temporary.js";

const BOTH = [
  ["makeDir", makeDir],
  ["makeDirSync", async (dir: string, mode?: number) => makeDirSync(dir, mode)],
] as const;

describe.each(BOTH)("%s", (_name, make) => {
  test("makes missing parents with the same mode, and says where it began", async ({ dir }) => {
    expect(await make(join(dir, "a/b/c"), 0o700)).toBe(join(dir, "a"));
    for (const made of ["a", "a/b", "a/b/c"]) expect(statSync(join(dir, made)).mode & 0o777).toBe(0o700);
    expect(await make(join(dir, "a/b/d"))).toBe(join(dir, "a/b/d"));
    expect(await make(join(dir, "a/b/c"), 0o777)).toBeUndefined();
    expect(statSync(join(dir, "a/b/c")).mode & 0o777).toBe(0o700);
    expect(await make(`${dir}/e/../f//g/`)).toBe(join(dir, "e"));
  });

  test("takes a link to a directory for a directory", async ({ dir }) => {
    await make(join(dir, "real"));
    symlinkSync("real", join(dir, "link"));
    expect(await make(join(dir, "link"))).toBeUndefined();
    expect(await make(join(dir, "link/x"))).toBe(join(dir, "link/x"));
  });

  test.for([
    ["T-19: where making a directory answers ENOENT", "/proc/nonexistent-home/.ssh", "ENOENT"],
    ["T-19: directly in such a directory", "/proc/nonexistent-home", "ENOENT"],
    ["T-19, T-23: below a link that leads nowhere", "DIR/dangling/x/y", "files/link-leads-nowhere"],
    ["T-23: with the name of such a link", "DIR/dangling", "files/link-leads-nowhere"],
    ["T-19: with the name of a file", "DIR/file", "EEXIST"],
    ["T-19: below a file", "DIR/file/x/y", "ENOTDIR"],
    ["T-19: with an empty name", "", "ENOENT"],
  ] as const)("%s it fails, and ends", async ([_title, path, code], { dir }) => {
    symlinkSync("nowhere", join(dir, "dangling"));
    writeFileSync(join(dir, "file"), "");
    expect(await make(path.replace("DIR", dir)).catch(errno)).toBe(code);
  });
});

test("many at once make one directory", async ({ dir }) => {
  const made = await Promise.all(Array.from({ length: 20 }, () => makeDir(join(dir, "a/b/c/d"))));
  expect(made.filter((path) => path === join(dir, "a"))).toHaveLength(1);
});

test("T-19: keys in a home that cannot be made are an error", async () => {
  await expect(ensurePrivateDir("/proc/nonexistent-home/.ssh")).rejects.toThrow("ENOENT");
});

test("T-19: no other part of the product asks Node for parents", () => {
  const rooms = [
    "agent",
    "base",
    "certs",
    "cli",
    "client",
    "config",
    "connect",
    "firewall",
    "gateway",
    "http",
    "local",
  ];
  const sources = [...rooms, "mirror", "net", "stacks"].flatMap((room) =>
    readdirSync(join(packageRoot, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(room, name)),
  );
  expect(sources.length).toBeGreaterThan(300);
  const wrong = sources.filter((file) =>
    /\bmkdir(Sync)?\([^;]*\brecursive\b/.test(readFileSync(join(packageRoot, file), "utf8")),
  );
  expect(wrong).toEqual([]);
});
