/** `sallyport ls` against a real agent. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestAgent, type TestAgent } from "../../agent/support/test-agent.js";
import { runInProcess } from "../../support/run-cli.js";

let agent: TestAgent;
beforeAll(async () => {
  agent = await startTestAgent();
});
afterAll(() => agent.stop());

const cli = (...args: string[]) => {
  const flags = ["--cert", join(agent.base, "cert"), "--token-file", join(agent.base, "token")];
  return runInProcess([...args, ...flags], { cwd: agent.base, env: { HOME: agent.base } });
};
const at = (path: string) => `127.0.0.1:${agent.port}:shared/${path}`;

function directory(name: string, files: readonly string[]): string {
  const dir = join(agent.shared, name);
  mkdirSync(dir);
  for (const file of files) writeFileSync(join(dir, file), "");
  return dir;
}

describe("T-09: ls", () => {
  test("says how many entries it does not show", async () => {
    const dir = directory("mixed", ["file"]);
    execFileSync("mkfifo", [join(dir, "fifo")]);
    symlinkSync("file", join(dir, "link"));
    const { code, stdout } = await cli("ls", at("mixed"));
    expect(code).toBe(0);
    expect(stdout.replace(/\d{4}-\S+/, "TIME")).toBe(
      "0  TIME  file\nand 2 that cannot be transferred: links, devices, names with \\ or not in UTF-8\n",
    );
    const json = JSON.parse((await cli("ls", at("mixed"), "--json")).stdout);
    expect(json).toMatchObject({ path: "shared/mixed", entries: [{ name: "file" }], not_shown: 2 });
    rmSync(join(dir, "file"));
    expect((await cli("ls", at("mixed"))).stdout).toMatch(/^and 2 that cannot be transferred: .*\n$/);
    directory("nothing", []);
    expect((await cli("ls", at("nothing"))).stdout).toBe("empty\n");
  });

  test("shows each entry on a line of its own, and no control character as such", async () => {
    const forged = "x\n0  2026-01-01T00:00:00.000Z  forged";
    directory("hostile", [forged, "tab\there", "bell\u0007", "nel\u0085", "wipe\u001b[2J", "right\u202eleft"]);
    const { stdout } = await cli("ls", at("hostile"));
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines.filter((line) => line.endsWith("forged"))).toEqual([expect.stringContaining("x\\n0  2026")]);
    const json = (await cli("ls", at("hostile"), "--json")).stdout;
    for (const text of [stdout.replaceAll("\n", ""), json.replaceAll("\n", "")]) {
      expect(text).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
    }
    expect(JSON.parse(json).entries.map(({ name }: { name: string }) => name)).toContain(forged);
  });
});
