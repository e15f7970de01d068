/** The cache returns a file only while a walk would lead to it, whatever changes in the tree. */
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OpenFileCache } from "../../../agent/guard/open-file-cache.js";
import { removeInside } from "../../../agent/guard/remove-inside.js";
import { closeRoots, openRoots, type Root } from "../../../agent/guard/roots.js";

let base: string;
let root: Root;
let cache: OpenFileCache<number>;
let descriptors: number;
const NAMES = ["a", "b", "file"];
const openDescriptors = () => readdirSync("/proc/self/fd").length;
const open = () => cache.open("key", root, NAMES, ({ fd }) => fd);

/** Until a change has another time than any change before: file times come in ticks of some milliseconds. */
async function nextTick() {
  const probe = join(base, "probe");
  writeFileSync(probe, "");
  const { ctimeMs } = statSync(probe);
  while (Date.now() <= ctimeMs || statSync(probe).ctimeMs === ctimeMs) {
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(probe, "");
  }
}

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), "sallyport-cache-"));
  mkdirSync(join(base, "root/a/b"), { recursive: true });
  mkdirSync(join(base, "evil/b"), { recursive: true });
  for (const dir of ["root/a/b", "evil/b", "evil"]) writeFileSync(join(base, dir, "file"), "1234");
  [root] = openRoots([{ name: "r", path: join(base, "root"), mode: "rw" }], {}) as [Root];
  // Everything here is younger than what the agent would keep; the tests wait for ticks instead.
  cache = new OpenFileCache<number>(0);
  descriptors = openDescriptors();
  await nextTick();
});
afterEach(() => {
  cache.clear();
  expect(openDescriptors()).toBe(descriptors);
  closeRoots([root]);
  chmodSync(join(base, "root"), 0o700);
  rmSync(base, { recursive: true });
});

test("it is found as long as nothing changes", async () => {
  const { opened, cached: isCached } = open();
  expect(isCached).toBe(true);
  await nextTick();
  expect(cache.find("key")).toBe(opened.fd);
  expect(cache.find("key")).toBe(opened.fd);
  expect(cache.find("other key")).toBeUndefined();
});

test.each<[string, (path: (name: string) => string) => void]>([
  ["written to", (path) => writeFileSync(path("root/a/b/file"), "5678")],
  ["replaced", (path) => renameSync(path("evil/file"), path("root/a/b/file"))],
  ["removed", (path) => unlinkSync(path("root/a/b/file"))],
  ["renamed", (path) => renameSync(path("root/a/b/file"), path("root/a/b/other"))],
  ["moved out", (path) => renameSync(path("root/a/b/file"), path("moved"))],
  [
    "swapped for a link",
    (path) => {
      unlinkSync(path("root/a/b/file"));
      symlinkSync(path("evil/file"), path("root/a/b/file"));
    },
  ],
  [
    "below a directory that is swapped for a link",
    (path) => {
      renameSync(path("root/a/b"), path("root/a/gone"));
      symlinkSync(path("evil/b"), path("root/a/b"));
    },
  ],
  [
    "below the first directory when that is swapped",
    (path) => {
      renameSync(path("root/a"), path("moved"));
      renameSync(path("evil"), path("root/a"));
    },
  ],
  ["given other permissions", (path) => chmodSync(path("root/a/b/file"), 0o600)],
  ["in a directory that nobody may search any more", (path) => chmodSync(path("root/a/b"), 0o000)],
  ["in a tree that nobody may search any more", (path) => chmodSync(path("root"), 0o600)],
])("it is not found after it was %s", (_title, change) => {
  open();
  change((name) => join(base, name));
  expect(cache.find("key")).toBeUndefined();
});

test("what was found once in a tick of the event loop is valid for that tick, and no longer", async () => {
  const { opened } = open();
  expect(cache.find("key")).toBe(opened.fd);
  unlinkSync(join(base, "root/a/b/file"));
  expect(cache.find("key")).toBe(opened.fd);
  await new Promise((resolve) => setImmediate(resolve));
  expect(cache.find("key")).toBeUndefined();
});

test("a removal through the agent ends the tick", () => {
  open();
  expect(cache.find("key")).toBeDefined();
  removeInside(root, NAMES, false, () => undefined);
  expect(cache.find("key")).toBeUndefined();
});

test("what changed a moment ago is opened, but not cached: a second change might not show", () => {
  cache = new OpenFileCache<number>();
  const { opened, cached: isCached } = open();
  expect(isCached).toBe(false);
  expect(cache.find("key")).toBeUndefined();
  closeSync(opened.fd);
});

test("directories and large files are not cached", () => {
  writeFileSync(join(base, "root/large"), Buffer.alloc(70_000));
  for (const names of [["a"], ["large"], []]) {
    const { opened, cached: isCached } = cache.open("key", root, names, ({ fd }) => fd);
    expect(isCached).toBe(false);
    closeSync(opened.fd);
  }
});

test("a link on the way is refused as ever, and nothing stays open", () => {
  symlinkSync(join(base, "evil"), join(base, "root/link"));
  for (const names of [["link", "file"], ["link"], ["a", "none"], ["a", "b", "file", "x"]]) {
    expect(() => cache.open("key", root, names, ({ fd }) => fd)).toThrow("there is nothing at this path");
  }
});
