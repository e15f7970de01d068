/** The programs that end the connections of closed forwards: a few at a time, each with a time limit. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isAlive } from "../../../base/process/alive.js";
import { openKernel } from "../../../gateway/nft/nft-kernel.js";
import { aForward } from "../support/a-forward.js";
import { FakeNft } from "../support/fake-nft.js";

const FORWARDS = 24;

/** @param conntrack lines of a shell script; LOG is a file. */
async function openWith(conntrack: string, limits: { limitMs?: number } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-conntrack-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const [log, program] = [join(dir, "log"), join(dir, "conntrack")];
  writeFileSync(program, `#!/bin/sh\n${conntrack.replaceAll("LOG", log)}\n`);
  chmodSync(program, 0o755);
  const options = { wan: "w", lan: "l", labNetworks: [], ownPorts: [], ports: { min: 1, max: 2 }, logGroup: 1 };
  const kernel = await openKernel(options, { nft: [new FakeNft(dir).path], conntrack: [program], ...limits });
  onTestFinished(() => kernel.close());
  await kernel.reconcile([]);
  const lines = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);
  return { kernel, lines };
}

test("G-11: a few conntrack processes at a time end the connections of all", async () => {
  const { kernel, lines } = await openWith('echo "+ $*" >> LOG\nsleep 0.1\necho - >> LOG');
  const forwards = Array.from({ length: FORWARDS }, (_, index) =>
    aForward({ id: `f${index}`, connPort: 50_000 + index }),
  );
  await Promise.all(forwards.map((forward) => kernel.add(forward)));
  await Promise.all(forwards.map((forward) => kernel.remove(forward)));
  await expect.poll(() => lines().filter((line) => line === "-").length).toBe(FORWARDS);

  const ports = lines().flatMap((line) => /--orig-port-dst (\d+)/.exec(line)?.[1] ?? []);
  expect(ports.map(Number).sort()).toEqual(forwards.map(({ connPort }) => connPort));
  let running = 0;
  const counts = lines().map((line) => (running += line === "-" ? -1 : 1));
  expect(Math.max(...counts)).toBeLessThanOrEqual(4);
});

test("G-01: a conntrack that hangs costs the forward that takes over its port, and no other", async () => {
  const { kernel, lines } = await openWith("echo $$ >> LOG\nexec sleep 3600", { limitMs: 3_000 });
  await kernel.add(aForward({ id: "old", connPort: 50_000 }));
  await kernel.remove(aForward({ id: "old", connPort: 50_000 }));
  await expect(kernel.add(aForward({ id: "new", connPort: 50_000 }))).rejects.toMatchObject({ code: "run/timeout" });
  await kernel.add(aForward({ id: "other", connPort: 50_001 }));
  // The kernel repairs itself, and no conntrack is left.
  await expect.poll(() => kernel.check().then(() => "in order", String)).toBe("in order");
  const [pid] = lines().map(Number);
  await expect.poll(() => isAlive({ pid: pid ?? 0, ticks: "" })).toBe(false);
});
