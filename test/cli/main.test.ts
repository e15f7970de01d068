import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cliCommand, root } from "../support/cli.js";
import { compiled } from "../support/compiled.js";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-cli-"));
});
afterAll(() => rm(home, { recursive: true }));

/** A command that waits for its standard input: there is time to interrupt it. */
function waiting(...options: string[]) {
  const [program, args] = cliCommand(["certs", "install", "-", ...options]);
  return spawn(program, args, { env: { PATH: process.env.PATH, HOME: home }, stdio: "pipe" });
}

/** Node catches SIGINT from its start, SIGHUP only when the command asks it to, last of all. */
async function handlesSignals(pid: number): Promise<void> {
  for (;;) {
    const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    if ((BigInt(`0x${caught}`) & 1n) === 1n) return;
  }
}

describe.skipIf(process.platform !== "linux")("signals (their handling is read from /proc)", () => {
  test("Ctrl-C lets the command end by itself, with status 130 and no trace", async () => {
    const child = waiting();
    let stderr = "";
    const closed = once(child, "close");
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (stderr.includes("stopping")) child.stdin.end();
    });
    await handlesSignals(child.pid ?? 0);
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
    expect(stderr).toBe("stopping; press Ctrl-C again to end at once\nerror: interrupted\n");
  });

  test("a second Ctrl-C ends a command that does not", async () => {
    const child = waiting();
    const closed = once(child, "close");
    child.stderr.once("data", () => child.kill("SIGINT"));
    await handlesSignals(child.pid ?? 0);
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
    child.stdin.destroy();
  });
});

test("a reader that goes away is no error: EPIPE on stdout is quiet", async () => {
  const [program, args] = cliCommand(["config", "schema"]);
  const quoted = [program, ...args].map((word) => `'${word}'`).join(" ");
  const shell = spawn("sh", ["-c", `{ ${quoted}; echo "status $?" >&2; } | true`], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: home },
  });
  let stderr = "";
  shell.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(shell, "close");
  expect(stderr).toBe("status 0\n");
});

describe("starting is cheap", () => {
  const heavy =
    /node_modules\/(?:cdktf|@cdktf|constructs|node-forge|ssh2|@aws-sdk|@smithy|fastify|ajv|yaml|execa|pino|tar)\//;

  test.each([["--help"], ["--version"], ["help", "up"], ["completion", "bash"]])(
    "sallyport %s %s loads no heavy library",
    async (...words) => {
      // Module by module: a bundle would hide what is loaded.
      const args = [compiled("cli/main.ts"), ...words.filter(Boolean)];
      const child = spawn(process.execPath, args, {
        env: { PATH: process.env.PATH, HOME: home, NODE_DEBUG: "esm,module" },
      });
      let log = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
      expect(await once(child, "close")).toEqual([0, null]);
      expect(log).toContain("node_modules/commander");
      const loaded = log.split("\n").filter((line) => /Storing|\bload\b/.test(line) && heavy.test(line));
      expect(loaded).toEqual([]);
    },
  );
});
