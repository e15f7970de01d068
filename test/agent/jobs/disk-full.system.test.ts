/** A disk that is full when a job comes, and one that fills up while it runs. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem } from "../../../http/problem.js";
import { sh, startTestEngine, type TestEngine } from "./support/test-engine.js";

let engine: TestEngine | undefined;
const mounts: string[] = [];
beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  engine = await startTestEngine({
    accelerators: {
      fill: { command: sh('head -c 3000000 /dev/zero > "$6" || true') },
      some: { filter: ["head", "-c", "900000", "/dev/zero"] },
    },
    arrange: (base) => {
      for (const name of ["jobs", "shared"]) {
        mkdirSync(join(base, name), { recursive: true });
        execFileSync("mount", ["-t", "tmpfs", "-o", `size=${name === "jobs" ? 2 : 1}m`, "tmpfs", join(base, name)]);
        mounts.push(join(base, name));
      }
    },
  });
});
afterAll(async () => {
  await engine?.stop().catch(() => undefined);
  for (const mount of mounts) execFileSync("umount", [mount]);
  if (engine !== undefined) rmSync(engine.base, { recursive: true, force: true });
});

test("is 507 for a job that comes, which leaves nothing", async (ctx) => {
  if (engine === undefined) return ctx.skip("only root may mount a small disk");
  const { jobsDir } = engine;
  const filler = join(jobsDir, "filler");
  execFileSync("sh", ["-c", 'cat /dev/zero > "$1" 2>/dev/null || true', "sh", filler]);
  const error = await engine.submitOne({}).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ status: 507, code: "disk-full" });
  expect(engine.list()).toEqual([]);
  expect(engine.busy()).toBe(0);
  rmSync(filler);
  expect(readdirSync(jobsDir)).toEqual([".lock"]);
});

test("is a failure of a job whose output has no room where it belongs, and the old one stays", async (ctx) => {
  if (engine === undefined) return ctx.skip("only root may mount a small disk");
  writeFileSync(join(engine.shared, "out"), Buffer.alloc(600_000, "old"));
  const job = await engine.run({
    accelerator: "some",
    output: { kind: "host", directory: "shared", names: ["sub", "out"] },
  });
  expect(job).toMatchObject({
    state: "failed",
    failure: { reason: "output", detail: "the host's disk is full; what was there is unchanged" },
  });
  expect(readdirSync(engine.shared)).toEqual(["out"]);
  expect(engine.files(job.id)).toEqual(["job.json"]);
});

test("that the program fills is empty again when it has ended", async (ctx) => {
  if (engine === undefined) return ctx.skip("only root may mount a small disk");
  const job = await engine.run(
    { accelerator: "fill", output: { kind: "host", directory: "shared", names: ["x"] } },
    "in",
  );
  expect(job).toMatchObject({ state: "failed", failure: { reason: "output" } });
  expect(engine.files(job.id)).toEqual(["job.json"]);
  expect(await engine.run({ accelerator: "some", output: { kind: "private" } })).toMatchObject({ state: "done" });
});
