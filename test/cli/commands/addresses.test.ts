import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ensureCertificate } from "../../../certs/store.js";
import { runCli } from "../../../cli/run.js";
import { parseSource } from "../../../firewall/sources/parse-source.js";
import { readSource } from "../../../firewall/sources/read-source.js";
import { deployedState } from "../../support/deployed-state.js";
import { faultText } from "../../support/fault-text.js";
import { runInProcess } from "../../support/run-cli.js";

describe("sallyport addresses serve, and our own sync on the other side", () => {
  let dir: string;
  const state = () => join(dir, "terraform.accelerator-hosts.tfstate");
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "sallyport-addresses-"));
    const crt = join(dir, ".ssh/sallyport.crt");
    await ensureCertificate({ crt, key: join(dir, ".ssh/sallyport.key"), generate: true });
  });
  afterAll(() => rm(dir, { recursive: true }));

  /** Runs until the end of the test, and then has to end well. */
  async function serve(...args: string[]): Promise<string> {
    const ended = new AbortController();
    let found: (url: string) => void = () => undefined;
    const url = new Promise<string>((resolve) => {
      found = resolve;
    });
    const run = runCli(["addresses", "serve", "--listen", "127.0.0.1:0", ...args], {
      stdin: process.stdin,
      stdout: { write: (text) => found(/^serving (\S+)\/api\/cluster\/ip-addresses$/m.exec(text)?.[1] ?? "") },
      stderr: { write: () => {} },
      cwd: dir,
      env: { HOME: dir },
      signal: ended.signal,
    });
    onTestFinished(async () => {
      ended.abort();
      expect(await run).toBe(0);
    });
    return Promise.race([url, run.then((code) => Promise.reject(new Error(`ended with ${code}`)))]);
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
