/** However a demo ends, nothing of it stays behind: the built command, interrupted and killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { packageRoot } from "../../base/tools.js";
import { openDemoDir } from "../../local/machine/demo-dir.js";
import { test } from "../fixtures/temporary.js";
import { run } from "../support/run.js";
import { whatItTakes } from "./support/deployed-host.js";

const main = join(packageRoot, "dist/cli/main.js");
let root = "";
let demo: ChildProcess | undefined;

test.beforeEach(({ dir, onTestFinished }) => {
  root = dir;
  onTestFinished(() => void demo?.kill("SIGKILL"));
});

/** Starts a demo and waits until Terraform and its provider are at work for it. */
async function startDemo(): Promise<ChildProcess> {
  demo = spawn(process.execPath, [main, "demo", "--dir", root], { stdio: ["ignore", "ignore", "inherit"] });
  await until(async () => (await workers()).some((name) => name.includes("terraform-provider-aws")));
  return demo;
}

/** Names of the processes that work in the demo's directory. */
async function workers(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = pids.map(async (pid) => {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const isOurs = cwd.startsWith(root) || (command.includes(root) && Number(pid) !== demo?.pid);
    return isOurs ? [command.split("\0")[0] ?? ""] : [];
  });
  return (await Promise.all(found)).flat();
}

async function until(condition: () => Promise<boolean>, seconds = 300): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it did not come to that within ${seconds} s`);
    await delay(50);
  }
}

test("Ctrl-C ends a demo with status 130 and nothing stays; meanwhile a second one is refused", async ({ skip }) => {
  const support = await whatItTakes();
  if (typeof support === "string") return skip(`no demo can run here: ${support}`);
  const running = await startDemo();
  const second = await run(process.execPath, [main, "demo", "--dir", root]);
  expect(second).toMatchObject({
    exitCode: 5,
    stderr: [
      `error: another demo (process ${running.pid}) uses ${JSON.stringify(root)}`,
      `  end it with Ctrl-C in its terminal or "kill ${running.pid}", then run this again`,
    ].join("\n"),
  });
  running.kill("SIGINT");
  expect(await once(running, "exit")).toEqual([130, null]);
  expect(await workers()).toEqual([]);
  expect(await readdir(root)).not.toContain("lock");
});

test("SIGKILL in the middle of a deploy takes Terraform, its plugins and the emulator along", async ({ skip }) => {
  const support = await whatItTakes();
  if (typeof support === "string") return skip(`no demo can run here: ${support}`);
  const running = await startDemo();
  running.kill("SIGKILL");
  await once(running, "exit");
  await until(async () => (await workers()).length === 0);
  // Its lock is nobody's now: the next demo takes it over.
  const dir = await openDemoDir(root, {});
  expect(await readlink(join(root, "lock"))).toMatch(new RegExp(`^${process.pid}-`));
  await dir.release();
});
