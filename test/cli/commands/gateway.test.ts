import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { afterAll, describe, expect, test } from "vitest";
import { runInProcess } from "../../support/run-cli.js";

const cwd = mkdtempSync(join(tmpdir(), "sallyport-token-"));
afterAll(() => rmSync(cwd, { recursive: true }));
const ISSUER = "https://gw.test";
const run = (...args: string[]) =>
  runInProcess(["gateway", "token", "--key", "gw.secret", "--issuer", ISSUER, ...args], { cwd, env: { HOME: cwd } });

describe("sallyport gateway token", () => {
  test("prints a token and nothing else on stdout, and makes the secret once", async () => {
    const { code, stdout, stderr } = await run("--user", "ada", "--client-ip", "198.51.100.7", "--for", "1h");
    expect([code, stderr]).toEqual([
      0,
      `made the secret "${join(cwd, "gw.secret")}": the gateway needs the same file as auth.key\n`,
    ]);
    expect(statSync(join(cwd, "gw.secret")).mode & 0o777).toBe(0o600);
    const secret = new TextEncoder().encode(readFileSync(join(cwd, "gw.secret"), "utf8").trim());
    const { payload } = await jwtVerify(stdout.trim(), secret, { issuer: ISSUER, algorithms: ["HS256"] });
    expect(payload).toMatchObject({ sub: "ada", username: "ada", version: 2, scope: "read forward" });
    expect(payload.client_ip).toBe("198.51.100.7");
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3_600);
    expect((await run("--user", "ada", "--scope", "admin", "--json")).stdout).toMatch(/"token": ?"eyJ/);
  });

  test.each([
    [["--user", "a b"], '--user is "a b"'],
    [["--user", "ada", "--scope", "write"], '--scope has "write"'],
    [["--user", "ada", "--client-ip", "1.2"], '--client-ip is "1.2"'],
  ])("refuses %j", async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});
