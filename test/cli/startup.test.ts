/**
 * What short commands load, as shipped: bundled, with each command's own part in chunks of its own. Which packages are
 * loaded decides how long a command takes to start; `bench/cli` has the times.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Fault } from "../../base/fault.js";
import { packageRoot } from "../../base/tools.js";
import { run } from "../support/run.js";

const bundler = "../../scripts/bundle-cli.mjs";

// Two levels below the package, as dist/cli is, so that the command finds the package.
let dir: string;
let metafile: Metafile;
beforeAll(async () => {
  mkdirSync(join(packageRoot, ".sallyport"), { recursive: true });
  dir = mkdtempSync(join(packageRoot, ".sallyport/startup-"));
  const { bundleCli } = (await import(bundler)) as { bundleCli: (outdir: string) => Promise<Metafile> };
  metafile = await bundleCli(relative(packageRoot, dir));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = () => ({ PATH: process.env.PATH, HOME: join(dir, "home"), SALLYPORT_CALLER: "203.0.113.7" });
const command = (args: readonly string[], { cwd = dir, ...more }: Readonly<Record<string, string>> = {}) =>
  run(process.execPath, [join(dir, "main.js"), ...args], { cwd, env: { ...env(), ...more }, inheritEnv: false });

/** The sources that a command loads, bundled or not, from Node's own report on the code that ran. */
async function loads(args: readonly string[]): Promise<string[]> {
  const report = mkdtempSync(join(dir, "ran-"));
  const { exitCode } = await command(args, { NODE_V8_COVERAGE: report });
  expect(exitCode).toBe(0);
  const ran = readdirSync(report).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(report, name), "utf8")) as { result: { url: string }[] };
    return result.flatMap(({ url }) => (url.startsWith("file:") ? [fileURLToPath(url)] : []));
  });
  expect(ran).toContain(join(dir, "main.js"));
  return ran.flatMap((file) => {
    const { inputs } = metafile.outputs[relative(packageRoot, file)] ?? { inputs: { [file]: {} } };
    return Object.keys(inputs);
  });
}

const packagesOf = (sources: readonly string[]) =>
  [...new Set(sources.flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []))].sort();

const CONFIGURED = ["@sinclair/typebox", "ajv", "commander", "fast-deep-equal", "ipaddr.js", "picocolors", "yaml"];

describe("the packages that a command loads", () => {
  test.each<[args: string[], packages: string[]]>([
    [["--help"], ["commander", "picocolors"]],
    [
      ["firewall", "show", "--help"],
      ["commander", "picocolors"],
    ],
    [
      ["completion", "bash"],
      ["commander", "picocolors"],
    ],
    [["config", "show"], CONFIGURED],
    [["firewall", "show"], CONFIGURED],
    [["firewall", "why", "22", "from", "203.0.113.7"], CONFIGURED],
  ])("%j", async (args, packages) => {
    expect(packagesOf(await loads(args))).toEqual(packages);
  });

  test("of ajv only what the generated check of a configuration calls", async () => {
    const ajv = (await loads(["config", "show"])).filter((file) => file.includes("/ajv/"));
    expect(ajv.map((file) => file.replace(/.*\/ajv\//, "")).sort()).toEqual([
      "dist/runtime/equal.js",
      "dist/runtime/ucs2length.js",
    ]);
  });
});

test("the generated check refuses what the schema's own check refuses, in the same words", async () => {
  const { loadConfig } = await import("../../config/load.js");
  const project = mkdtempSync(join(dir, "project-"));
  const file = join(project, "sallyport.yaml");
  for (const text of [
    "count: many",
    "enabled_ssl_cert_crt: true",
    "authorized_host_dirs: [{ path: /data, mode: rx }]",
    "ingress: [{ ports: [70000], cidr: 203.0.113.0/24 }]",
    "tags: { 1: [] }",
    "allow_ports: [22, 22]",
  ]) {
    writeFileSync(file, `${text}\n`);
    const refused: unknown = await loadConfig({ cwd: project, env: env() }).catch((error: unknown) => error);
    const { stderr } = await command(["config", "show"], { cwd: project });
    expect(refused).toBeInstanceOf(Fault);
    const { message, hint = "" } = refused as Fault;
    expect(stderr.trimEnd()).toBe(`error: ${message}\n  ${hint}`.trimEnd());
  }
});
