import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { VERSION } from "../../../base/version.js";
import { cdktfApp, findInstallation, nextSteps, writeCdktfJson } from "../../../stacks/terraform/cdktf-json.js";
import { test } from "../../fixtures/temporary.js";
import { runInProcess } from "../../support/run-cli.js";

/** As npm lays it out. @param around the package.json above node_modules */
async function installed(dir: string, around: object): Promise<string> {
  const root = join(dir, "place/node_modules/sallyport");
  await mkdir(root, { recursive: true });
  await writeFile(join(dir, "place/package.json"), JSON.stringify(around));
  return root;
}

test("a project's or a global installation is found by npx, which fetches nothing", async ({ dir }) => {
  const found = await findInstallation(await installed(dir, { dependencies: { sallyport: "^0.1.0" } }));
  expect(cdktfApp(found)).toBe("npx --no-install sallyport synth --quiet");
  expect(cdktfApp(found, "lab.yaml")).toBe("npx --no-install sallyport synth --quiet --config lab.yaml");
});

test("in npx's cache, the same version is named", async ({ dir }) => {
  const root = await installed(dir, { _npx: { packages: ["sallyport"] }, dependencies: { sallyport: "^0.1.0" } });
  expect(cdktfApp(await findInstallation(root))).toBe(
    `npx --yes --package=sallyport@${VERSION} sallyport synth --quiet`,
  );
});

test("in npx's cache from a tarball, the tarball is named", async ({ dir }) => {
  const around = { _npx: { packages: ["./s.tgz"] }, dependencies: { sallyport: "file:../it's here/s.tgz" } };
  const app = cdktfApp(await findInstallation(await installed(dir, around)));
  expect(app).toBe(`npx --yes '--package=${dir}/it'\\''s here/s.tgz' sallyport synth --quiet`);
});

test("in a checkout, its own build is named", async ({ dir }) => {
  expect(cdktfApp(await findInstallation(dir))).toBe(`node ${dir}/dist/cli/main.js synth --quiet`);
});

test("cdktf.json is written once, with an id of its own, and sends no reports", async ({ dir }) => {
  await writeCdktfJson(dir, "npx --no-install sallyport synth --quiet");
  const text = await readFile(join(dir, "cdktf.json"), "utf8");
  expect(JSON.parse(text)).toEqual({
    language: "typescript",
    app: "npx --no-install sallyport synth --quiet",
    projectId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    sendCrashReports: "false",
  });
  await expect(writeCdktfJson(dir, "other")).rejects.toMatchObject({ code: "stacks/cdktf-json-exists", exit: 5 });
  expect(await readFile(join(dir, "cdktf.json"), "utf8")).toBe(text);
});

test.for([
  [true, "20.19.0", ["deploy: cdktf deploy accelerator-hosts"]],
  [
    false,
    "22.1.0",
    ["cdktf is not installed: npm install --global cdktf-cli@0.21.0", "deploy: cdktf deploy accelerator-hosts"],
  ],
  [
    true,
    "24.0.0",
    [
      'cdktf-cli@0.21.0 runs on Node 20 and 22, and this is Node 24.0.0: "sallyport up" does the same',
      "deploy: cdktf deploy accelerator-hosts",
    ],
  ],
] as const)("cdktf %s on Node %s: what to type next", ([hasCdktf, node, lines]) => {
  expect(nextSteps(hasCdktf, node)).toEqual(lines);
});

const init = (cwd: string, ...more: string[]) =>
  runInProcess(["config", "init", "--cdktf", ...more], { cwd, env: { HOME: cwd, PATH: "" } });

test("config init --cdktf writes both files, and names cdktf-cli where there is no cdktf", async ({ dir }) => {
  const { code, stdout, stderr } = await init(dir);
  expect([code, stdout.split("\n")[0]]).toEqual([0, `wrote ${dir}/sallyport.yaml`]);
  expect(stderr).toContain("npm install --global cdktf-cli@0.21.0\n");
  expect((await readdir(dir)).sort()).toEqual(["cdktf.json", "sallyport.yaml"]);
});

test("config init --cdktf keeps a sallyport.yaml, and never touches a cdktf.json", async ({ dir }) => {
  await writeFile(join(dir, "sallyport.yaml"), "count: 2\n");
  const { code, stdout } = await init(dir, "--json");
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      path: join(dir, "sallyport.yaml"),
      cdktf: join(dir, "cdktf.json"),
      app: expect.stringMatching(/ synth --quiet$/),
    },
  ]);
  expect(await readFile(join(dir, "sallyport.yaml"), "utf8")).toBe("count: 2\n");
  const again = await init(dir);
  expect([again.code, again.stderr]).toEqual([
    5,
    `error: there is already a file "${dir}/cdktf.json"\n  move it away first; a cdktf app of your own uses the constructs instead: see examples/own-cdktf-app\n`,
  ]);
});

test("with a cdktf.json that is a link to nowhere, config init --cdktf writes neither file", async ({ dir }) => {
  await symlink(join(dir, "nowhere"), join(dir, "cdktf.json"));
  expect(await init(dir)).toMatchObject({ code: 5, stdout: "" });
  expect(await readdir(dir)).toEqual(["cdktf.json"]);
});

test("config init --cdktf --config names the file in the app", async ({ dir }) => {
  await mkdir(join(dir, "cloud"));
  const { stdout } = await init(dir, "--config", "cloud/lab.yaml", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    path: join(dir, "cloud/lab.yaml"),
    cdktf: join(dir, "cloud/cdktf.json"),
    app: expect.stringMatching(/ synth --quiet --config lab\.yaml$/),
  });
});
