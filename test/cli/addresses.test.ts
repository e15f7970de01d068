import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ensureCertificate } from "../../certs/store.js";
import { parseSource } from "../../firewall/sources/parse-source.js";
import { readSource } from "../../firewall/sources/read-source.js";
import { cliCommand } from "../support/cli.js";
import { deployedState } from "../support/deployed-state.js";
import { faultText } from "../support/fault-text.js";
import { runInProcess } from "../support/run-cli.js";

describe("sallyport addresses serve, and our own sync on the other side", () => {
  let dir: string;
  const state = () => join(dir, "terraform.accelerator-hosts.tfstate");
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "sallyport-addresses-"));
    const crt = join(dir, ".ssh/sallyport.crt");
    await ensureCertificate({ crt, key: join(dir, ".ssh/sallyport.key"), generate: true });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGTERM");
      expect(await once(child, "close")).toEqual([0, null]);
    }
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function serve(...args: string[]): Promise<string> {
    const [program, argv] = cliCommand(["addresses", "serve", "--listen", "127.0.0.1:0", ...args]);
    const child = spawn(program, argv, {
      cwd: dir,
      env: { PATH: process.env.PATH, HOME: dir },
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^serving (\S+)\/api\/cluster\/ip-addresses$/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error("it ended without serving");
  }

  const follow = (url: string, options: { certificate?: string; authorization?: string } = {}) =>
    readSource(parseSource(`faculty:${url}`), { env: {}, ...options });

  test("over HTTPS with the deployment's certificate, to who shows the token", async () => {
    await writeFile(state(), deployedState({ security_group_id: "sg-1", public_ips: ["109.1.1.1", "101.2.3.4"] }));
    const url = await serve("--quiet", "--token-file", "addresses.token");
    const certificate = await readFile(join(dir, ".ssh/sallyport.crt"), "utf8");
    const token = await readFile(join(dir, "addresses.token"), "utf8");
    expect(await follow(url, { certificate, authorization: `Bearer ${token}` })).toEqual([
      "101.2.3.4/32",
      "109.1.1.1/32",
    ]);
    expect(await faultText(follow(url, { certificate }))).toContain("answered with status 401");
    expect(await faultText(follow(url, { certificate, authorization: "Bearer guess" }))).toContain("status 401");
    expect(await faultText(follow(url))).toContain("its certificate is signed by itself");
  });

  test("what is deployed later is seen without a restart, and what is not deployed is 503, not an empty list", async () => {
    await rm(state(), { force: true });
    const url = await serve("--quiet", "--no-tls");
    expect(await faultText(follow(url))).toContain("answered with status 503");
    await writeFile(state(), deployedState({ security_group_id: "sg-1", public_ips: ["101.2.3.4"] }));
    const answer = await fetch(`${url}/api/cluster/ip-addresses`);
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      200,
      "application/json",
      '{"ipAddresses":["101.2.3.4"]}',
    ]);
    expect(await follow(url)).toEqual(["101.2.3.4/32"]);
    const head = await fetch(`${url}/api/cluster/ip-addresses`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await fetch(`${url}/api/cluster/ip-addresses`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test("list prints the same for files and pipes", async () => {
    await writeFile(state(), deployedState({ security_group_id: "sg-1", public_ips: ["109.1.1.1", "101.2.3.4"] }));
    const run = (...args: string[]) => runInProcess(["addresses", "list", ...args], { cwd: dir, env: { HOME: dir } });
    expect((await run()).stdout).toBe("101.2.3.4\n109.1.1.1\n");
    expect(JSON.parse((await run("--json")).stdout)).toEqual({ ipAddresses: ["101.2.3.4", "109.1.1.1"] });
  });
});
