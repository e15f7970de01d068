import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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

  test("G-05: --out writes it to a file that only its owner can read, whatever was there before", async () => {
    const file = join(cwd, "ada.token");
    writeFileSync(join(cwd, "ada.token"), (await run("--user", "ada")).stdout, { mode: 0o644 });
    for (const name of ["ada.token", "new.token"]) {
      const { code, stdout } = await run("--user", "ada", "--out", name);
      expect([code, stdout]).toEqual([0, `wrote the token of ada to "${join(cwd, name)}"\n`]);
      expect(statSync(join(cwd, name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(cwd, name), "utf8")).toMatch(/^eyJ[\w.-]+\n$/);
    }
    const login = ["portmap", "login", "--gateway", "https://gw.test", "--token-file", "ada.token"];
    expect(await runInProcess(login, { cwd, env: { HOME: cwd } })).toMatchObject({ code: 0 });
    expect(readFileSync(file, "utf8")).toMatch(/^eyJ/);
  });

  test("G-05: --out replaces tokens only", async () => {
    writeFileSync(join(cwd, "thesis.txt"), "years of work\n");
    const { code, stderr } = await run("--user", "ada", "--out", "thesis.txt");
    expect([code, stderr]).toEqual([2, expect.stringContaining("which holds no token")]);
    expect(readFileSync(join(cwd, "thesis.txt"), "utf8")).toBe("years of work\n");
  });

  test("G-05: --out in no directory is said before a secret is made", async () => {
    const args = [
      "gateway",
      "token",
      "--user",
      "ada",
      "--issuer",
      ISSUER,
      "--key",
      "no.secret",
      "--out",
      "no/ada.token",
    ];
    const { code, stderr } = await runInProcess(args, { cwd, env: { HOME: cwd } });
    expect([code, stderr]).toEqual([2, expect.stringContaining("and there is no such directory")]);
    expect(existsSync(join(cwd, "no.secret"))).toBe(false);
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
