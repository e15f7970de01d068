import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createExclusive, ensurePrivateDir, replaceFile } from "../../../base/fs/atomic.js";
import { importable } from "../../support/compiled.js";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-files-"));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe("createExclusive", () => {
  test("makes a file with its content and final mode, and leaves nothing else", async () => {
    const path = join(dir, "key");
    expect(await createExclusive(path, "secret", 0o600)).toBe(true);
    expect(await readFile(path, "utf8")).toBe("secret");
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(dir)).toEqual(["key"]);
  });

  test("leaves a file that is there as it is", async () => {
    const path = join(dir, "key");
    await writeFile(path, "mine");
    expect(await createExclusive(path, "other", 0o600)).toBe(false);
    expect(await readFile(path, "utf8")).toBe("mine");
    expect(await readdir(dir)).toEqual(["key"]);
  });

  test("lets exactly one of many at once win, and the file is the winner's, whole", async () => {
    const path = join(dir, "key");
    const contents = Array.from({ length: 40 }, (_, index) => String(index).repeat(5000));
    const won = await Promise.all(contents.map((content) => createExclusive(path, content, 0o600)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, "utf8")).toBe(contents[won.indexOf(true)]);
    expect(await readdir(dir)).toEqual(["key"]);
  });

  test("does not follow a dangling link", async () => {
    const { symlink } = await import("node:fs/promises");
    const path = join(dir, "key");
    await symlink(join(dir, "elsewhere"), path);
    expect(await createExclusive(path, "secret", 0o600)).toBe(false);
    expect(await readdir(dir)).toEqual(["key"]);
  });

  test("removes what a process that was killed long ago left, and nothing that is in use", async () => {
    const old = join(dir, ".key.0123456789ab.tmp");
    const recent = join(dir, ".key.ba9876543210.tmp");
    const another = join(dir, ".keys.0123456789ab.tmp");
    for (const path of [old, recent, another]) await writeFile(path, "half");
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const path of [old, another]) await utimes(path, longAgo, longAgo);
    await createExclusive(join(dir, "key"), "secret", 0o600);
    expect((await readdir(dir)).sort()).toEqual([".key.ba9876543210.tmp", ".keys.0123456789ab.tmp", "key"]);
  });
});

describe("replaceFile", () => {
  test("replaces content and mode, and leaves nothing else", async () => {
    const path = join(dir, "config");
    await writeFile(path, "old", { mode: 0o644 });
    await replaceFile(path, "new", 0o600);
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(dir)).toEqual(["config"]);
  });

  test("leaves the old file, and no other, when the new one cannot take its name", async () => {
    const path = join(dir, "taken");
    await ensurePrivateDir(join(path, "inside"));
    await expect(replaceFile(path, "new", 0o600)).rejects.toMatchObject({ code: "EISDIR" });
    expect(await readdir(dir)).toEqual(["taken"]);
  });

  test("shows a reader the old bytes or the new ones, never less, whenever it is killed", async () => {
    const path = join(dir, "config");
    const size = 200_000;
    await writeFile(path, "0".repeat(size));
    const script = `import { replaceFile } from ${importable("base/fs/atomic.ts")};
      for (let i = 1; ; i = (i + 1) % 10) { await replaceFile(${JSON.stringify(path)}, String(i).repeat(${size}), 0o600); process.stdout.write("."); }`;
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "exit");
      const text = await readFile(path, "utf8");
      expect(text).toHaveLength(size);
      expect(new Set(text).size).toBe(1);
    }
  });
});
