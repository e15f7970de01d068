/** A disk that fills up during an upload. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestAgent, type TestAgent } from "../support/test-agent.js";

let agent: TestAgent | undefined;
beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  agent = await startTestAgent({
    arrange: (base) => {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", join(base, "home/shared")]);
    },
  });
});
afterAll(async () => {
  if (agent === undefined) return;
  await agent.agent.close();
  execFileSync("umount", [agent.shared]);
  rmSync(agent.base, { recursive: true });
});

test("is 507 with one clear line; the old file is whole, nothing is left behind, and the next one fits", async (ctx) => {
  if (agent === undefined) return ctx.skip("only root may mount a small disk");
  const old = Buffer.alloc(600_000, "old ");
  const put = (body: Buffer) => agent?.ask("/v1/files/shared/sub/file", { method: "PUT", body });
  expect((await put(old))?.status).toBe(201);
  for (const size of [2_000_000, 8_000_000]) {
    const full = await put(Buffer.alloc(size, "new "));
    expect(full?.status).toBe(507);
    expect(JSON.parse(full?.body.toString() ?? "")).toMatchObject({
      type: "urn:sallyport:problem:disk-full",
      title: "Insufficient storage",
      status: 507,
      detail: "the host's disk is full; what was there is unchanged",
    });
    expect(readFileSync(join(agent.shared, "sub/file")).equals(old)).toBe(true);
    expect(readdirSync(agent.shared, { recursive: true })).toEqual(["sub", "sub/file"]);
  }
  expect((await put(Buffer.alloc(700_000, "next")))?.status).toBe(204);
});
