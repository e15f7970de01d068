/** The gateway's unit as systemd itself judges it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { run } from "../support/run.js";

const root = join(import.meta.dirname, "../..");
const name = "sallyport-gateway.service";
const text = readFileSync(join(root, "gateway/systemd", name), "utf8");
let dir: string;
let analyzer: boolean;

beforeAll(async () => {
  analyzer = await run("systemd-analyze", ["--version"]).then(
    () => true,
    () => false,
  );
  dir = mkdtempSync(join(tmpdir(), "sallyport-units-"));
  // What it comes after belongs to it.
  cpSync(join(root, "agent/systemd/sallyport-secrets.service"), join(dir, "sallyport-secrets.service"));
  writeFileSync(join(dir, name), text);
  for (const unit of [name, "sallyport-secrets.service"]) {
    // `verify` wants the program to be there; on a gateway it is.
    const own = readFileSync(join(dir, unit), "utf8").replaceAll("/opt/sallyport/current/bin/node", "/bin/true");
    writeFileSync(join(dir, unit), own);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

const needAnalyzer = (ctx: TestContext) => {
  if (!analyzer) ctx.skip("systemd-analyze is not installed here");
};

test("systemd-analyze verify has nothing to say", async (ctx) => {
  needAnalyzer(ctx);
  const units = [name, "sallyport-secrets.service"].map((unit) => join(dir, unit));
  expect(await run("systemd-analyze", ["verify", ...units])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
});

test("it is exposed by at most 2.9 of 10: of what root may do it has the network's part", async (ctx) => {
  needAnalyzer(ctx);
  const args = ["security", "--offline=true", "--threshold=29", "--no-pager", join(dir, name)];
  const { exitCode, stdout } = await run("systemd-analyze", args);
  expect(stdout).toMatch(/Overall exposure level for \S+: [0-2]\.\d OK/);
  expect(exitCode).toBe(0);
});

test("V-25 it may change rules, ping and bind low ports, and nothing else that root may do", () => {
  const three = "CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE";
  expect(text.match(/^[^#\n]*CAP_.*$/gm)).toEqual([`AmbientCapabilities=${three}`, `CapabilityBoundingSet=${three}`]);
  expect(text).toMatch(/^User=sallyport$/m);
  expect(text).toMatch(/^NoNewPrivileges=yes$/m);
});

test("V-25 with these capabilities and no others, nft, conntrack and fping do their work as an ordinary user", async (ctx) => {
  const probe = await run("unshare", ["--net", "true"]).catch(() => ({ exitCode: 1 }));
  if (probe.exitCode !== 0) ctx.skip("network namespaces cannot be made here");
  const caps = "+net_admin,+net_raw,+net_bind_service";
  const none = "-all,";
  const work = "nft add table inet probe && nft list tables && conntrack -C && fping -q -c 1 127.0.0.1";
  const args = [
    ...["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"],
    ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"],
    ...[`--inh-caps=${none}${caps}`, `--ambient-caps=${none}${caps}`, `--bounding-set=${none}${caps}`],
    ...["sh", "-c", work],
  ];
  const { exitCode, stdout, stderr } = await run("unshare", args);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain("table inet probe");
});
