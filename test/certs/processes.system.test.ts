/** Two processes at once, and one that is killed in between, end with one consistent pair. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadKeyPair } from "../../certs/key-pair.js";
import { ensureCertificate } from "../../certs/store.js";
import { nodeCommand } from "../support/compiled.js";
import { temporaryDir } from "./support/directory.js";

type What = "certificate" | "rsa" | "ed25519" | "token";

describe("several processes that make the same thing at once", () => {
  test.each<[What, string[]]>([
    ["certificate", ["s.crt", "s.key"]],
    ["rsa", ["team.pem", "team.pub"]],
    ["ed25519", ["team.pem", "team.pub"]],
    ["token", ["token"]],
  ])("end with one %s, which one of them made", async (what, files) => {
    const dir = await temporaryDir();
    const makers = await Promise.all(Array.from({ length: 4 }, () => start(what, dir)));
    const results = await Promise.all(makers.map(finish));
    expect(new Set(results.map(({ id }) => id)).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await readdir(dir)).toEqual(files);
  });
});

describe("a process killed with SIGKILL", () => {
  // Each is a moment between two steps: the file named here has just appeared.
  test.each(["s.key.*.tmp", "s.key", "s.crt.*.tmp", "s.crt"])(
    "when %s appears leaves a state that the next run completes to one pair",
    async (moment) => {
      const dir = await temporaryDir();
      await killWhen("certificate", dir, moment);
      const keyThen = await readFile(join(dir, "s.key"), "utf8").catch(() => undefined);
      const pair = await ensureCertificate({ crt: join(dir, "s.crt"), key: join(dir, "s.key"), generate: true });
      expect(pair.facts.isWildcardOnly).toBe(true);
      if (keyThen !== undefined) expect(await readFile(pair.key, "utf8")).toBe(keyThen);
    },
  );

  test.each(["team.pem.*.tmp", "team.pem", "team.pub.*.tmp"])(
    "when %s appears leaves a state that the next run completes to one key pair",
    async (moment) => {
      const dir = await temporaryDir();
      await killWhen("ed25519", dir, moment);
      await finish(await start("ed25519", dir));
      expect(await loadKeyPair({ name: "team", dir })).toMatchObject({ type: "ed25519" });
      expect(await readdir(dir)).toEqual(expect.arrayContaining(["team.pem", "team.pub"]));
    },
  );
});

async function start(what: What, dir: string): Promise<ChildProcessWithoutNullStreams> {
  const [program, ...args] = nodeCommand("test/certs/support/make.ts", [what, dir]);
  const child = spawn(program, args);
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdout.setEncoding("utf8");
  await once(child.stdout, "data");
  return child;
}

async function finish(child: ChildProcessWithoutNullStreams): Promise<{ id: string; created: boolean }> {
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  child.stdin.write("go\n");
  for await (const line of createInterface(child.stdout)) return JSON.parse(line);
  throw new Error(`the process printed no result: ${errors}`);
}

/** Kills the process at the first sight of a file called like `moment`, or lets it end if that was missed. */
async function killWhen(what: What, dir: string, moment: string): Promise<void> {
  const name = new RegExp(`^\\.?${moment.replaceAll(".", "\\.").replace("*", "[0-9a-f]+")}$`);
  const child = await start(what, dir);
  const watcher = watch(dir, (_event, file) => {
    if (file !== null && name.test(file)) child.kill("SIGKILL");
  });
  child.stdin.write("go\n");
  await once(child, "exit");
  watcher.close();
}
