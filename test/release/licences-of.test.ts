import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../base/process/run.js";
import { packageRoot } from "../../base/tools.js";
import { checkLicences } from "../../scripts/release/checks.js";
import { licencesOf } from "../../scripts/release/shipped.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sallyport-licences-"));
  for (const [name, json] of [
    ["old", { licenses: [{ type: "MIT" }] }],
    ["none", {}],
  ] as const) {
    await mkdir(join(root, "node_modules", name), { recursive: true });
    await writeFile(join(root, "node_modules", name, "package.json"), JSON.stringify(json));
  }
});
afterAll(() => rm(root, { recursive: true }));

const check = async (...names: string[]) => {
  const packages = Object.fromEntries(names.map((name) => [`node_modules/${name}`, { version: "1.0.0" }]));
  return checkLicences(await licencesOf({ version: "1.2.3", packages }, Object.keys(packages), root));
};

test("a package that npm left out is not one without a licence", async () => {
  expect(await check("old")).toMatchObject({ state: "ok" });
  expect(await check("old", "gone")).toMatchObject({
    state: "missing",
    found: "not installed, so not known: gone@1.0.0",
    mend: "npm ci --ignore-scripts",
  });
  expect(await check("gone", "none")).toMatchObject({ state: "problem", found: "none@1.0.0 (unknown)" });
});

test.each(["--bogus", "--tag", "extra"])(
  "release:check names the wrong argument %s, without a stack trace",
  async (arg) => {
    const result = await run(process.execPath, ["--import", "tsx", "scripts/release-check.ts", arg], {
      cwd: packageRoot,
    });
    expect(result).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: [a-z].*\n {2}write npm run release:check -- .*$/),
    });
  },
);
