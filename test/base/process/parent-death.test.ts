/** SIGKILL of a daemon, which it cannot answer, ends all programs that it has started. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { isAlive } from "../../../base/process/alive.js";
import { run } from "../../../base/process/run.js";
import { childrenOf } from "../../support/children.js";
import { importable } from "../../support/compiled.js";
import { newDir } from "../../support/new-dir.js";

/** With a tool that hangs. */
const tools = newDir();
writeFileSync(join(tools, "nvidia-smi"), "#!/bin/sh\nexec /bin/sleep 3600\n", { mode: 0o755 });

/** Each starts a program that runs on by itself. */
const STARTS = {
  "a program that is run to its end": `
    import { run } from ${importable("base/process/run.ts")};
    void run("sleep", ["3600"], { endsWithUs: true, timeoutMs: 3_600_000 });`,
  "a session": `
    import { Session } from ${importable("base/process/session.ts")};
    const command = ["sh", "-c", "exec sleep 3600"];
    void new Session({ command, env: process.env, marker: "", markerOutput: /^$/, timeoutMs: 3_600_000 }).exchange("");`,
  "the gateway's monitor": `
    import { watchForeign } from ${importable("gateway/nft/monitor.ts")};
    void watchForeign({ nft: ["sh", "-c", "exec sleep 3600", "nft"], marks: [] });`,
  "a question to a tool of the machine's devices": `
    import { findDevices } from ${importable("agent/devices/find-devices.ts")};
    void findDevices({ env: { PATH: ${JSON.stringify(tools)} }, pci: "/nonexistent" });`,
  "a job of the agent": `
    import { launch } from ${importable("agent/jobs/launch.ts")};
    launch({ words: ["sleep", "3600"], cwd: "/", env: {} }).then(({ go }) => go());`,
};

describe.runIf(process.platform === "linux")("G-15: ends with its parent:", () => {
  test.each(Object.entries(STARTS))("%s", async (_title, script) => {
    const parent = spawn(process.execPath, ["--input-type=module", "-e", `${script}\nsetInterval(() => {}, 1000);`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const ended = once(parent, "exit");
    await expect.poll(() => childrenOf(parent.pid ?? 0)).toHaveLength(1);
    const children = childrenOf(parent.pid ?? 0);
    parent.kill("SIGKILL");
    await ended;
    await expect.poll(() => children.filter(isAlive)).toEqual([]);
  });
});

test("G-15: where setpriv is not allowed, programs run all the same, and the monitor still ends with its parent", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-setpriv-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  // As under a unit whose filter of system calls forbids capset.
  writeFileSync(join(dir, "setpriv"), "#!/bin/sh\necho 'setpriv: activate capabilities' >&2; exit 1\n", {
    mode: 0o755,
  });
  const script = `
    import { run } from ${importable("base/process/run.ts")};
    import { launch } from ${importable("agent/jobs/launch.ts")};
    const { stdout } = await run("echo", ["ran"], { endsWithUs: true });
    const job = await launch({ words: ["true"], cwd: "/", env: {} });
    job.go();
    console.log(stdout, (await job.exited).status);
    ${STARTS["the gateway's monitor"]}
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PATH: `${dir}:${process.env.PATH}` },
  });
  const [said] = await once(parent.stdout, "data");
  expect(String(said)).toBe("ran 0\n");
  const pid = parent.pid ?? 0;
  const monitors = () => childrenOf(pid).flatMap((shell) => childrenOf(shell.pid));
  // The monitor, and the one that waits for its parent's end.
  await expect.poll(() => monitors().length).toBe(2);
  const children = monitors();
  parent.kill("SIGKILL");
  await expect.poll(() => children.filter(isAlive)).toEqual([]);
});

test("a program that is not there is still an error of its own", async () => {
  await expect(run("no-such-program", [], { endsWithUs: true })).rejects.toMatchObject({ code: "run/missing" });
});
