import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { projectTokens } from "../../../../mirror/login/scoping/project-tokens.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-yarn-"));
  await mkdir(join(dir, "src"));
});
afterEach(() => rm(dir, { recursive: true }));

const ENDPOINT = "https://h.example/npm/team/";

test.each([
  ["a token of the scope", "npmScopes: {x: {npmAuthToken: T}}", ["npmScopes.x.npmAuthToken"]],
  [
    "one of a scope from the mirror",
    `npmScopes: {y: {npmAuthIdent: T, npmRegistryServer: "${ENDPOINT}"}}`,
    ["npmScopes.y.npmAuthIdent"],
  ],
  ["one of a scope from elsewhere", "npmScopes: {y: {npmAuthToken: T, npmRegistryServer: 'https://y.example'}}", []],
  ["no YAML", "npmScopes: {", []],
])("P-104 yarn: a project's file with %s", async (_, text, places) => {
  const file = join(dir, ".yarnrc.yml");
  await writeFile(file, text);
  const project = { cwd: join(dir, "src"), endpoint: ENDPOINT, scope: "@x", env: {} };
  expect(await projectTokens({ ...project, files: [] })).toEqual(
    places.map((each) => `"${file}" has ${each}, which Yarn sends to the mirror: move it to npmRegistries`),
  );
  expect(await projectTokens({ ...project, files: [file] })).toEqual([]);
});
