import { fork } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { logOut } from "../../../mirror/login/log-in.js";
import { compiled } from "../../support/compiled.js";

let home: string;
let env: Record<string, string>;
let file: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-mirror-"));
  env = { HOME: home };
  file = join(home, ".config/pip/pip.conf");
});
afterEach(() => rm(home, { recursive: true }));

const read = (path: string) => readFile(path, "utf8");

describe("P-16 killed at any moment", () => {
  const loop = compiled("test/mirror/login/support/login-loop.ts");
  test("each file is the old one or a new one, and logout still gives back the original", async () => {
    const original = "# mine\n[global]\nindex-url = https://old/simple/\n";
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, original);
    await chmod(file, 0o644);
    const whole =
      /^# mine\n\[global\]\nindex-url = (?:https:\/\/old\/simple\/|https:\/\/aws:token-\d+-x@tools-[^@\s]*\/simple\/)\n$/;
    for (let round = 0; round < 12; round++) {
      const child = fork(loop, [], {
        env: { ...process.env, ...env },
      });
      await new Promise((begun) => child.once("message", begun));
      const until = sleep(Math.random() * 40);
      let seen = 0;
      const watching = (async () => {
        while (child.exitCode === null && child.signalCode === null) {
          expect(await read(file)).toMatch(whole);
          seen++;
        }
      })();
      await until;
      child.kill("SIGKILL");
      await new Promise((gone) => child.once("exit", gone));
      await watching;
      expect(seen).toBeGreaterThan(0);
      expect(await read(file)).toMatch(whole);
    }
    await logOut(env, ["pip"]);
    expect(await read(file)).toBe(original);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
  });
});
