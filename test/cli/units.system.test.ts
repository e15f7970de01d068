import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { findProgram, packageRoot } from "../../base/tools.js";

const run = promisify(execFile);
const units = join(packageRoot, "docs/units");
const service = "sallyport-firewall-sync@.service";
const timer = "sallyport-firewall-sync@.timer";
const analyze = findProgram("systemd-analyze");

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-units-"));
  await cp(units, dir, { recursive: true });
  // Where the command is installed is the administrator's business; that it is there is systemd's.
  const command = join(dir, "bin/sallyport");
  await mkdir(join(dir, "bin"));
  await writeFile(command, "#!/bin/sh\n", { mode: 0o755 });
  const text = await readFile(join(dir, service), "utf8");
  await writeFile(join(dir, service), text.replace("/usr/local/bin/sallyport", command));
});
afterAll(() => rm(dir, { recursive: true }));
beforeEach((context) => {
  if (analyze === undefined) context.skip("there is no systemd-analyze on this machine");
});

test("systemd has nothing to object to the units", async () => {
  const instances = [service, timer].map((name) => join(dir, name.replace("@.", "@faculty.")));
  for (const [index, name] of [service, timer].entries()) await cp(join(dir, name), instances[index] ?? "");
  const { stdout, stderr } = await run(analyze ?? "", ["verify", "--man=no", "--recursive-errors=no", ...instances]);
  expect(stdout + stderr).toBe("");
});

test("T-24: a run takes a limited share of the machine", async () => {
  const unit = await readFile(join(dir, service), "utf8");
  expect(unit.match(/^(?:MemoryMax|TasksMax)=.*$/gm)).toEqual(["MemoryMax=512M", "TasksMax=64"]);
});

test("the service is confined: exposure of at most 2.5", async () => {
  const args = ["security", "--offline=true", "--threshold=25", join(dir, service)];
  const { stdout } = await run(analyze ?? "", args);
  expect(stdout).toMatch(/Overall exposure level for \S+: [012]\.\d OK/);
});
