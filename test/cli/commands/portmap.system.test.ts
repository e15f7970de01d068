/** The commands with a real gateway: its own daemon, store and kernel table. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { test } from "../../fixtures/gateway.js";
import { type TestGateway, tokenOf } from "../../gateway/support/gateway.js";
import { runInProcess } from "../../support/run-cli.js";

const support = await namespaceSupport();
const here = typeof support !== "string" && process.getuid?.() === 0;
if (!here) console.log(`skipped: no network namespaces here: ${String(support)}`);

describe.runIf(here)("with a real gateway", () => {
  let gw: TestGateway;
  let bin: string;
  test.beforeAll(async ({ gateway }) => {
    gw = gateway;
    bin = join(gw.dir, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "ssh"), "#!/bin/sh\n", { mode: 0o755 });
    for (const user of ["ada", "bob"]) await writeFile(join(gw.dir, user), await tokenOf(user), { mode: 0o600 });
    await writeFile(join(gw.dir, "root"), await tokenOf("root", ["admin"]), { mode: 0o600 });
  });
  test.beforeEach(async () => {
    for (const { connPort } of await gw.gateway.forwards.list()) await gw.gateway.forwards.remove(connPort);
  });

  const as = (user: string) => async (line: string) => {
    const env = {
      HOME: gw.dir,
      PATH: bin,
      SALLYPORT_GATEWAY_URL: `https://127.0.0.1:${gw.port}`,
      SALLYPORT_GATEWAY_CERT: join(gw.dir, "cert"),
      SALLYPORT_GATEWAY_TOKEN_FILE: join(gw.dir, user),
    };
    return runInProcess(line.split(" "), { cwd: gw.dir, env });
  };
  const ada = as("ada");
  const bob = as("bob");
  const root = as("root");
  const forwards = async () =>
    (await gw.gateway.forwards.list()).map(
      ({ connPort, owner, targetAddr, targetPort, protocol, sources, expiresAt }) => ({
        connPort,
        owner,
        target: `${protocol} ${targetAddr}:${targetPort}`,
        sources,
        ends: expiresAt !== undefined,
      }),
    );

  test("V-47 what one adds, one lists and removes, and nobody else does", async () => {
    expect((await ada("portmap add build1 --type centos --address 192.168.1.20")).stdout).toBe(
      "198.51.100.1 port 50000 leads to build1 (192.168.1.20:22)\n",
    );
    // Whether the worker was there already is not this test's matter.
    expect((await ada("portmap list")).stdout).toMatch(
      /^Name {4}Type {4}Port {3}Protocol {2}Target {11}Alive\nbuild1 {2}centos {2}50000 {2}SSH {7}192\.168\.1\.20:22 {2}(?:not yet known|no)\nGateway IP: 198\.51\.100\.1\n$/,
    );
    expect((await bob("portmap list")).stdout).toBe("no forwards\nGateway IP: 198.51.100.1\n");
    expect((await bob("portmap rm 50000")).stdout).toBe("there is no forward 50000: nothing to remove\n");
    expect((await ada("portmap rm build1")).stdout).toBe("removed 50000 (build1, port 22)\n");
    expect(await forwards()).toEqual([]);
  });

  test("V-41 --create opens for a time, for some only; the second time it is there", async () => {
    const line = "connect centos --name build1 --address 192.168.1.20 --create --for 8h --from 198.51.100.0/24 --print";
    const { code, stdout, stderr } = await ada(line);
    expect([code, stderr.split("\n").at(-2)]).toEqual([
      0,
      expect.stringMatching(/^opened port 50000 to 192\.168\.1\.20:22: it admits 198\.51\.100\.0\/24, until 2.* UTC$/),
    ]);
    expect(stdout).toMatch(/bin\/ssh .* -p 50000 198\.51\.100\.1\n$/);
    expect(await ada(line)).toMatchObject({ code: 0, stderr: expect.not.stringContaining("opened"), stdout });
    expect(await forwards()).toEqual([
      { connPort: 50_000, owner: "ada", target: "tcp 192.168.1.20:22", sources: ["198.51.100.0/24"], ends: true },
    ]);
    expect((await bob("connect centos --name build1 --print")).stderr).toMatch(
      /^error: No mapping rule for ssh to build1 exists$/m,
    );
  });

  test("a UDP forward is none of TCP's, and is listed as what it is", async () => {
    await ada("portmap add win10 --type windows --address 192.168.1.20 --udp");
    expect((await ada("portmap list")).stdout).toContain("UDP 3389");
    expect((await ada("connect windows --name win10 --print")).code).toBe(3);
    await ada("portmap add win10 --type windows");
    expect((await forwards()).map(({ target }) => target)).toEqual(["udp 192.168.1.20:3389", "tcp 192.168.1.20:3389"]);
  });

  test("what the gateway refuses is said in its own words", async () => {
    expect(await ada("portmap add x --target-port 22 --address 10.0.0.1")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("target_addr is"),
    });
    await ada("portmap add x --target-port 22 --address 192.168.1.9 --conn-port 50007");
    expect(await bob("portmap add y --target-port 22 --address 192.168.1.9 --conn-port 50007")).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("port 50007 is in use"),
    });
  });

  test("V-23 an admin imports a dump for its owner, as often as wanted; nobody else for others", async () => {
    const dump =
      "COPY public.ipam (conn_port, target_addr, target_port, target_name, target_component, routable) FROM stdin;\n50005\t192.168.1.20\t22\tbuild1\tCentOS\tt\n50009\t192.168.1.21\t3389\twin10\tWindows\t\\N\n50010\t10.0.0.1\t22\tout\tCentOS\tt\n50012\t192.168.1.22\t22\tlate\tCentOS\tt\n\\.\n";
    await writeFile(join(gw.dir, "ipam.sql"), dump);
    await bob("portmap add other --target-port 80 --address 192.168.1.99 --conn-port 50012");
    const first = await root("portmap import ipam.sql --owner ada");
    expect(first.code).toBe(5);
    expect(first.stdout).toMatch(
      /^\+ 50005 to build1 \(192\.168\.1\.20:22\)\n\+ 50009 to win10 .*\n! 50010 to out .*target_addr.*\n! 50012 to late .*: port 50012 leads to 192\.168\.1\.99:80 already\n2 created, 0 were there already, 2 refused\n$/,
    );
    expect((await forwards()).map(({ connPort, owner }) => [connPort, owner])).toEqual([
      [50_005, "ada"],
      [50_009, "ada"],
      [50_012, "bob"],
    ]);
    expect((await root("portmap import ipam.sql --owner ada")).stdout).toMatch(
      /\n0 created, 2 were there already, 2 refused\n$/,
    );
    expect(await bob("portmap import ipam.sql --owner ada")).toMatchObject({ code: 4, stdout: "" });
  });

  test("usage says what was used since when", async () => {
    await ada("portmap add build1 --type centos --address 192.168.1.20");
    expect((await ada("usage --since 1h")).stdout).toMatch(/^nothing was used since \d{4}-\d\d-\d\d \d\d:\d\dZ\n$/);
    expect(JSON.parse((await ada("usage --json")).stdout)).toMatchObject({ used: [] });
    expect(await ada("usage --since yesterday")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("since is"),
    });
  });
});
