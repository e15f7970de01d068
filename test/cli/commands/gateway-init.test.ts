/** From nothing to the first forward, with the commands of docs/tasks/lab-behind-a-gateway.md. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectCommands } from "../../../gateway/page/app/commands.js";
import { type Gateway, startGateway } from "../../../gateway/serve.js";
import { loadConfig } from "../../../gateway/settings/load.js";
import { FakeNft } from "../../gateway/support/fake-nft.js";
import { runInProcess } from "../../support/run-cli.js";

describe("sallyport gateway init", () => {
  const home = mkdtempSync(join(tmpdir(), "sallyport-init-"));
  const dir = join(home, "gw");
  const run = async (line: string) => {
    const result = await runInProcess(line.split(" "), { cwd: home, env: { HOME: home, USER: "ada" } });
    return { ...result, all: result.stdout + result.stderr };
  };
  const INIT =
    "gateway init --dir gw --name lab --wan wan0 --lan lan0 --lab 192.168.1.0/24 --address 127.0.0.1 --client-ip 127.0.0.1";
  let gateway: Gateway | undefined;
  let url = "";
  beforeAll(async () => {
    const { code, all } = await run(INIT);
    expect([code, all]).toEqual([0, expect.stringContaining("sudo sallyport gateway serve --config")]);
    const config = await loadConfig(join(dir, "gateway.yaml"), {});
    gateway = await startGateway(
      { ...config, listen: { address: "127.0.0.1", https_port: 0 } },
      {
        env: { HOME: home },
        log: pino({ level: "silent" }),
        programs: { nft: [new FakeNft(join(home, "bin")).path], conntrack: ["true"], fping: ["true"] },
        interfaces: { names: async () => ["wan0", "lan0"], addresses: () => ({}) },
      },
    );
    url = `https://127.0.0.1:${gateway.httpsPort}`;
  });
  afterAll(async () => {
    await gateway?.close();
    rmSync(home, { recursive: true, force: true });
  });

  test("G-03: what is secret is its owner's alone; nothing is overwritten", async () => {
    const modes = ["gateway.yaml", "gateway.crt", "gateway.key", "gateway.secret", "admin.token"].map((name) =>
      (statSync(join(dir, name)).mode & 0o777).toString(8),
    );
    expect(modes).toEqual(["644", "644", "600", "600", "600"]);
    const before = readFileSync(join(dir, "admin.token"), "utf8");
    expect(await run(INIT)).toMatchObject({ code: 2, stderr: expect.stringContaining("exists already") });
    expect(readFileSync(join(dir, "admin.token"), "utf8")).toBe(before);
  });

  test("G-03, G-04: one login, and the other commands need no flag", async () => {
    expect(await run("portmap list")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no gateway is named"),
    });
    const login = await run(`portmap login --gateway ${url} --cert gw/gateway.crt --token-file gw/admin.token`);
    expect([login.code, login.stdout]).toEqual([0, expect.stringContaining("kept the gateway's certificate with it")]);
    const added = await run("portmap add build1 --type centos --address 192.168.1.20");
    expect([added.code, added.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^127\.0\.0\.1 port 50000 leads to build1 \(192\.168\.1\.20:22\)\nit admits 127\.0\.0\.1\/32, until /,
      ),
    ]);
    expect((await run("portmap list --json")).code).toBe(0);
  });

  test("G-08: gateway open prints a link to the page", async () => {
    const { code, stdout, stderr } = await run("gateway open --no-browser");
    expect([code, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^${url}/#sign-in=[\\w-]{43}\\n$`)),
      "the link works once, within 60 s\n",
    ]);
  });

  test.each([22, 443, 3389, 5900, 7543])("G-06: the page's command for port %d runs as it is", async (targetPort) => {
    const forward = `portmap add build1 --target-port ${targetPort} --address 192.168.1.20 --type centos --json`;
    const { conn_port: connPort } = JSON.parse((await run(`${forward} --gateway ${url}`)).stdout);
    // The page is not always that of the gateway of the last login.
    expect((await run("portmap login --gateway https://other.test --token-file gw/admin.token")).code).toBe(0);
    const endpoint = {
      origin: url,
      gateway: "127.0.0.1",
      connPort,
      protocol: "tcp",
      targetPort,
      targetName: "build1",
    } as const;
    const [ours] = connectCommands(endpoint);
    expect(ours?.text).toMatch(/^sallyport /);
    const { code, stdout } = await run(`${ours?.text.replace("sallyport ", "")} --print`);
    expect([code, stdout]).toEqual([0, expect.stringContaining(String(connPort))]);
  });
});
