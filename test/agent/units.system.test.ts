/** The systemd units as systemd itself judges them. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { run } from "../support/run.js";

const source = join(import.meta.dirname, "../../agent/systemd");
const names = readdirSync(source);
let dir: string;
let analyzer: boolean;

beforeAll(async () => {
  analyzer = await run("systemd-analyze", ["--version"]).then(
    () => true,
    () => false,
  );
  dir = mkdtempSync(join(tmpdir(), "sallyport-units-"));
  cpSync(source, dir, { recursive: true });
  for (const name of names) {
    // `verify` wants the program to be there; on a host it is.
    const text = readFileSync(join(dir, name), "utf8").replaceAll("/opt/sallyport/current/bin/node", "/bin/true");
    writeFileSync(join(dir, name), text);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

const needAnalyzer = (ctx: TestContext) => {
  if (!analyzer) ctx.skip("systemd-analyze is not installed here");
};

test("systemd-analyze verify has nothing to say", async (ctx) => {
  needAnalyzer(ctx);
  const units = names.map((name) => join(dir, name));
  expect(await run("systemd-analyze", ["verify", ...units])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
});

test.each(names)("%s is exposed by at most 2.5 of 10", async (name) => {
  if (!analyzer) return;
  const args = ["security", "--offline=true", "--threshold=25", "--no-pager", join(dir, name)];
  const { exitCode, stdout } = await run("systemd-analyze", args);
  expect(stdout).toMatch(/Overall exposure level for \S+: [0-2]\.\d OK/);
  expect(exitCode).toBe(0);
});

test("T-24: what only fetches secrets takes neither memory nor processes from the host's work", () => {
  const unit = readFileSync(join(source, "sallyport-secrets.service"), "utf8");
  expect(unit.match(/^(?:MemoryMax|TasksMax)=.*$/gm)).toEqual(["MemoryMax=256M", "TasksMax=64"]);
});

test("the programs of jobs find the accelerators, and end with the agent", () => {
  const unit = readFileSync(join(source, "sallyport-agent.service"), "utf8");
  expect(unit.match(/^DeviceAllow=.*$/gm)).toEqual(
    ["nvidia*", "neuron*", "xdma*", "fpga*", "drm"].map((name) => `DeviceAllow=char-${name} rw`),
  );
  expect(unit).not.toMatch(/^(PrivateDevices|ProcSubset)=/m);
  expect(unit).toMatch(/^KillMode=mixed$/m);
});

test("the agent may bind low ports and nothing else that root may do", () => {
  const unit = readFileSync(join(source, "sallyport-agent.service"), "utf8");
  expect(unit.match(/^.*CAP_.*$/gm)).toEqual([
    "AmbientCapabilities=CAP_NET_BIND_SERVICE",
    "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
  ]);
  expect(unit).toMatch(/^User=sallyport$/m);
});
