/**
 * The package as a stranger gets it: packed, installed beside the newest constructs, and used by the example app.
 * What npm resolves there decides whether there is one copy of the construct tree or two.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findProgram, packageRoot } from "../../base/tools.js";
import { checkFiles } from "../../scripts/release/checks.js";
import { shownIn, stepsIn } from "../docs/support/shown-picture.js";
import { whatItTakes } from "../e2e/support/deployed-host.js";
import { HANGS_MS, runOk } from "../support/run.js";

const dir = mkdtempSync(join(tmpdir(), "package-"));
const app = join(dir, "app");
const npm = (...args: string[]) => runOk("npm", [...args, "--no-audit", "--no-fund", "--prefer-offline"], { cwd: app });
const env = { HOME: join(dir, "home"), SALLYPORT_CALLER: "203.0.113.7" };

beforeAll(async () => {
  await runOk("npm", ["pack", "--ignore-scripts", "--pack-destination", dir], {
    cwd: packageRoot,
  });
  const tarball = join(dir, readdirSync(dir).find((name) => name.endsWith(".tgz")) ?? "");
  // The example as a user has it, who has the package alone.
  await runOk("tar", ["-xzf", tarball, "-C", dir, "package/examples/own-cdktf-app"]);
  renameSync(join(dir, "package/examples/own-cdktf-app"), app);
  await npm("install", "--engine-strict", tarball, "cdktf", "constructs@latest", "@cdktf/provider-aws@20.1.0");
}, HANGS_MS);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function synthesize(): Promise<Record<string, unknown>> {
  await runOk("npm", ["run", "synth"], { cwd: app, env });
  const { "//": _, ...stack } = JSON.parse(readFileSync(join(app, "cdktf.out/stacks/lab/cdk.tf.json"), "utf8"));
  return stack;
}

test("K-01 there is one copy of constructs, and of the framework", () => {
  for (const name of ["constructs", "cdktf", "@cdktf/provider-aws"]) {
    expect(existsSync(join(app, "node_modules", name))).toBe(true);
    expect(existsSync(join(app, "node_modules/sallyport/node_modules", name))).toBe(false);
  }
});

test("K-05 what only the daemons' bundles use is not installed again", () => {
  for (const name of ["@electric-sql/pglite", "@nats-io/jetstream", "kysely", "pg", "fastify"]) {
    expect(existsSync(join(app, "node_modules", name))).toBe(false);
  }
});

test("K-06, G-12 the package holds what is used: no build state, no daemon beside its bundle", () => {
  const packed = readdirSync(join(app, "node_modules/sallyport/dist"), { recursive: true, encoding: "utf8" });
  expect(packed).toContain("runtime/agent.mjs");
  // G-12: with the prepared database of a gateway's first start.
  expect(packed).toEqual(expect.arrayContaining(["runtime/gateway.mjs", "runtime/pglite-new.tar.gz"]));
  // PGlite is there once: what the bundle reads beside itself.
  expect(packed.filter((file) => /\.(?:wasm|data)$/.test(file)).sort()).toEqual([
    "runtime/initdb.wasm",
    "runtime/pglite.data",
    "runtime/pglite.wasm",
  ]);
  expect(packed.filter((file) => /tsbuildinfo|^agent\/|^test\//.test(file))).toEqual([]);
  const files = readdirSync(join(app, "node_modules/sallyport"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(app, "node_modules/sallyport"), join(entry.parentPath, entry.name)));
  expect(checkFiles(files.filter((file) => !file.startsWith("node_modules/")))).toMatchObject({ state: "ok" });
});

test("K-01, K-02 the example type-checks and synthesizes, with CDK Terrain in place of cdktf too", async () => {
  await runOk("npm", ["run", "check"], { cwd: app });
  const withCdktf = await synthesize();
  // Its peer range does not know provider-aws 20, whose code it runs unchanged.
  await npm("install", "--legacy-peer-deps", "cdktf@npm:cdktn@0.24.0", "constructs@10.6.0");
  expect(await synthesize()).toEqual(withCdktf);
});

test("K-04 the demo runs from the package, with Terraform and without cdktf-cli", async ({ skip }) => {
  expect(existsSync(join(app, "node_modules/cdktf-cli"))).toBe(false);
  const support = await whatItTakes();
  if (typeof support === "string") return skip(`no demo can run here: ${support}`);
  // Programs that only this checkout has are found as those of the machine.
  const programs = ["moto_server", "terraform", "tofu"].flatMap((name) => dirname(findProgram(name) ?? "") || []);
  const { stderr } = await runOk("npx", ["--no-install", "sallyport", "demo", "--dir", join(dir, "demo")], {
    cwd: app,
    env: { PATH: [...programs, process.env.PATH].join(delimiter) },
  });
  const kept = stepsIn(shownIn("demo"));
  expect(kept.length).toBeGreaterThan(10);
  expect(stepsIn(stderr.split("\n")), "all that the picture in the README shows").toEqual(kept);
});

test("the command runs from the package", async () => {
  const { stdout } = await runOk("npx", ["--no-install", "sallyport", "--version"], {
    cwd: app,
  });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
});
