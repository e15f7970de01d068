import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { cacheDir } from "../../stacks/files.js";
import { test } from "../fixtures/temporary.js";
import { faultText } from "../support/fault-text.js";

test("S-17: a cache directory is made closed to others", async ({ dir }) => {
  const cache = await cacheDir({ HOME: dir });
  expect(cache).toBe(join(dir, ".cache/sallyport"));
  expect((await stat(cache)).mode & 0o777).toBe(0o700);
  expect(await cacheDir({ HOME: dir, XDG_CACHE_HOME: join(dir, "elsewhere") })).toBe(join(dir, "elsewhere/sallyport"));
});

test("S-17: one that cannot be used is named, with what to set", async ({ dir }) => {
  await writeFile(join(dir, "file"), "");
  expect(await faultText(() => cacheDir({ HOME: join(dir, "file") }))).toBe(
    `the cache directory "${dir}/file/.cache/sallyport" cannot be used (ENOTDIR)\n` +
      "  set XDG_CACHE_HOME to a directory that can be written, such as /tmp/cache (exit 1)",
  );
});
