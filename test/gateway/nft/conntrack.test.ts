/** Many forwards that are closed at once do not start as many programs at once. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openKernel } from "../../../gateway/nft/nft-kernel.js";
import { aForward } from "../support/a-forward.js";
import { FakeNft } from "../support/fake-nft.js";

const FORWARDS = 24;

test("G-11: a few conntrack processes at a time end the connections of all", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-conntrack-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const [log, conntrack] = [join(dir, "log"), join(dir, "conntrack")];
  writeFileSync(conntrack, `#!/bin/sh\necho "+ $*" >> ${log}\nsleep 0.1\necho - >> ${log}\n`);
  chmodSync(conntrack, 0o755);
  const options = { wan: "w", lan: "l", labNetworks: [], ownPorts: [], ports: { min: 1, max: 2 }, logGroup: 1 };
  const programs = { nft: [new FakeNft(dir).path], conntrack: [conntrack] };
  const kernel = await openKernel(options, programs);
  onTestFinished(() => kernel.close());
  await kernel.reconcile([]);

  const forwards = Array.from({ length: FORWARDS }, (_, index) =>
    aForward({ id: `f${index}`, connPort: 50_000 + index }),
  );
  await Promise.all(forwards.map((forward) => kernel.add(forward)));
  await Promise.all(forwards.map((forward) => kernel.remove(forward)));
  const lines = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);
  await expect.poll(() => lines().filter((line) => line === "-").length).toBe(FORWARDS);

  const ports = lines().flatMap((line) => /--orig-port-dst (\d+)/.exec(line)?.[1] ?? []);
  expect(ports.map(Number).sort()).toEqual(forwards.map(({ connPort }) => connPort));
  let running = 0;
  const counts = lines().map((line) => (running += line === "-" ? -1 : 1));
  expect(Math.max(...counts)).toBeLessThanOrEqual(4);
});
