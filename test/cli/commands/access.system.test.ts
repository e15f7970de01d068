import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { parseMark } from "../../../firewall/security-group/mark.js";
import { deployedState } from "../../support/deployed-state.js";
import { type Moto, startMoto } from "../../support/moto.js";
import { runInProcess } from "../../support/run-cli.js";

let moto: Moto;
let dir: string;
let group = "";
let count = 0;

beforeAll(async () => {
  moto = await startMoto();
  dir = await mkdtemp(join(tmpdir(), "sallyport-access-"));
  const aws = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  // The SDK looks for these in its own process; vitest gives each file a process of its own.
  Object.assign(process.env, aws);
});
afterAll(async () => {
  await moto.stop();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  group = await moto.raw.createGroup(`access-${++count}`);
  const state = deployedState({ security_group_id: group, public_ips: ["101.2.3.4"] });
  await writeFile(join(dir, "terraform.accelerator-hosts.tfstate"), state);
});

const run = (args: readonly string[], caller = "109.1.1.1") =>
  runInProcess(["access", ...args], {
    cwd: dir,
    env: { HOME: dir, AWS_REGION: "us-east-1", SALLYPORT_CALLER: caller },
  });

const contents = async () => (await moto.raw.rules(group)).map(({ content }) => content).sort();

test("the caller gets in on the configured ports of the deployed group, and the rules say until when", async () => {
  const { code, stdout } = await run(["grant", "ada", "--for", "8h"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\+ sg-\w+ tcp 22 109.1.1.1\/32 \(lease of ada until \d{4}-.*Z\)\n/);
  const rules = await moto.raw.rules(group);
  expect(rules.map(({ content }) => content)).toEqual(
    ["22", "80", "443"].map((port) => `tcp ${port}-${port} 109.1.1.1/32`),
  );
  for (const { description } of rules) {
    const mark = parseMark(description);
    expect(mark).toMatchObject({ owner: "access", holders: ["ada"] });
    expect(Math.abs((mark?.until?.getTime() ?? 0) - Date.now() - 8 * 3_600_000)).toBeLessThan(60_000);
  }
});

test("named addresses and ports, listed as a table and as JSON", async () => {
  await run(["grant", "audit", "--from", "198.20.0.0/28", "2600:1f18::7", "--ports", "5432", "--for", "2d"]);
  expect(await contents()).toEqual(["tcp 5432-5432 198.20.0.0/28", "tcp 5432-5432 2600:1f18::7/128"]);
  const { stdout } = await run(["list"]);
  expect(stdout).toMatch(/^audit {2}tcp 5432 {2}198\.20\.0\.0\/28 {5}until \S+ \(48 h left\) {2}sg-\w+\naudit /);
  const { leases } = JSON.parse((await run(["list", "--json"])).stdout);
  expect(leases[0]).toEqual({
    group,
    holders: ["audit"],
    protocol: "tcp",
    ports: "5432",
    source: "198.20.0.0/28",
    until: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    is_over: false,
  });
});

test("a reason is kept in the rules, listed, and replaced by the next one", async () => {
  await run(["grant", "ada", "--ports", "22", "--for", "1h", "--why", "debug the build"]);
  expect((await moto.raw.rules(group)).map(({ description }) => description)).toEqual([
    expect.stringMatching(/^sallyport:access until=\S+ for=ada debug the build$/),
  ]);
  expect((await run(["list"])).stdout).toMatch(/ debug the build\n$/);
  await run(["grant", "ada", "--ports", "22", "--for", "2h", "--why", "and again"]);
  expect(JSON.parse((await run(["list", "--json"])).stdout).leases).toMatchObject([{ why: "and again" }]);
  await run(["renew", "ada", "--for", "8h"]);
  expect(JSON.parse((await run(["list", "--json"])).stdout).leases).toMatchObject([{ why: "and again" }]);
});

test("a dry run changes nothing", async () => {
  expect((await run(["grant", "ada", "--for", "8h", "--dry-run"])).stdout).toContain("3 added");
  expect(await contents()).toEqual([]);
});

test("a roaming caller is swapped: the new address in, the old one out", async () => {
  await run(["grant", "ada", "--ports", "22", "--for", "1h"]);
  const moved = await run(["renew", "ada", "--from", "caller", "--for", "8h"], "110.2.2.2");
  expect(moved.code).toBe(0);
  expect(await contents()).toEqual(["tcp 22-22 110.2.2.2/32"]);
});

test("a renewal without an address moves only the end", async () => {
  await run(["grant", "ada", "--ports", "22", "--for", "1h"]);
  const { code, stdout } = await run(["renew", "ada", "--for", "2d", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ changed: true, added: [], removed: [], kept: [{ holders: ["ada"] }] });
  expect((await run(["list"])).stdout).toContain("(48 h left)");
});

test("who ends the access of the place they sit at is asked first: 5 where nobody can be asked", async () => {
  await run(["grant", "ada", "--ports", "22", "--for", "1h"]);
  const refused = await run(["revoke", "ada"]);
  expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining("--confirm-lockout permits it") });
  expect(await contents()).toHaveLength(1);
  expect((await run(["revoke", "ada", "--confirm-lockout"])).code).toBe(0);
  expect(await contents()).toEqual([]);
});

test("another's access can be ended from anywhere, and what was not there is told", async () => {
  await run(["grant", "bob", "--from", "101.9.9.9", "--ports", "22", "--for", "1h"]);
  expect(await run(["revoke", "bob"])).toMatchObject({ code: 0, stderr: "" });
  expect(await contents()).toEqual([]);
  expect(await run(["revoke", "bob"])).toMatchObject({
    code: 0,
    stderr: "warning: bob holds no lease in these groups\n",
  });
});

test("where a rule of somebody else lets the address in already, that is told: it will not end", async () => {
  await moto.raw.allow(group, 22, "109.1.1.1/32", "by hand");
  const { stderr } = await run(["grant", "ada", "--ports", "22", "--for", "1h"]);
  expect(stderr).toBe("warning: 109.1.1.1/32 may reach 22 by a rule that is not ours, which does not end\n");
});

test.each([
  [["grant", "ada"], 2, "required option"],
  [["grant", "ada", "--for", "soon"], 2, '"soon" is not a time span'],
  [["grant", "ada", "--for", "8h", "--from", "0.0.0.0/0"], 2, 'a lease for "0.0.0.0/0" would let in everybody'],
  [["grant", "ada", "--for", "8h", "--from", "home"], 2, '"home" is not an IP address'],
  [["grant", "ada lovelace", "--for", "8h"], 2, '"ada lovelace" cannot name who holds a lease'],
  [["renew", "nobody", "--for", "8h"], 3, '"nobody" holds no lease in these groups'],
  [["list", "--group", "sg-00000000000000000"], 3, "there is no such security group"],
])("sallyport access %j is refused", async (args, status, message) => {
  const { code, stderr } = await run(args);
  expect(stderr).toContain(message);
  expect(code).toBe(status);
});

test("without a deployment the group has to be named", async () => {
  await rm(join(dir, "terraform.accelerator-hosts.tfstate"));
  expect(await run(["list"])).toMatchObject({ code: 3 });
  expect(await run(["list", "--group", group])).toMatchObject({ code: 0, stdout: "nobody has access for a time\n" });
});
