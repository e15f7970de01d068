import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { leftovers } from "./leftovers.js";

test("G-16: what the kit's tests have left in the directory of the run is named, and what others have is not", () => {
  const [ours, others] = ["sallyport-left-", "cdktf.outdir."].map((name) => mkdtempSync(join(tmpdir(), name)));
  onTestFinished(() => {
    for (const dir of [ours, others]) rmSync(String(dir), { recursive: true });
  });
  expect(tmpdir()).toBe(process.env.TEMPORARY_FOR_TESTS);
  const found = [...leftovers().values()];
  expect(found).toContain(`file ${ours}`);
  expect(found).not.toContain(`file ${others}`);
});
