import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { commandEnvironment } from "../../../../mirror/login/scoping/command-environment.js";
import { writeYarnFiles } from "../../../../mirror/login/scoping/yarn-files.js";

const HOST = "https://tools-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
const PYPI = `${HOST}/pypi/team/`;
const NPM = `${HOST}/npm/team/`;
const OTHER = "https://test.pypi.org/legacy/";
const access = { token: "MIRROR", name: "team", endpoints: { pypi: PYPI, npm: NPM } };
const environment = (words: readonly string[], env: Record<string, string> = {}, otherSource = false) =>
  commandEnvironment(access, { words, env, otherSource, yarn: { plugin: "/p.cjs", npmrc: undefined } });

afterEach(() => void vi.unstubAllEnvs());

test("P-101 exec: each variable with the token has the mirror's URL in its name or value, or is read by no tool", () => {
  const variables = environment(["yarn", "add", "@partner/lib"]);
  const bearing = Object.entries(variables).filter(([, value]) => value?.includes("MIRROR"));
  const [bound, loose] = [/^[^:]*\/\/tools-1111.*_authToken$/, [] as string[]];
  for (const [name, value] of bearing)
    if (!bound.test(name) && !value?.includes("@tools-111122223333.d.codeartifact")) loose.push(name);
  // Poetry sends its own to the source `team`, which is the mirror.
  expect(loose).toEqual(["CODEARTIFACT_AUTH_TOKEN", "POETRY_HTTP_BASIC_TEAM_PASSWORD"]);
  expect(variables).toMatchObject({ YARN_PLUGINS: "/p.cjs", POETRY_REPOSITORIES_TEAM_URL: PYPI });
  expect(environment(["yarn"], { YARN_PLUGINS: "/own.cjs" }).YARN_PLUGINS).toBe("/own.cjs;/p.cjs");
});

test("P-101 exec: Poetry gets no token where a source of that name is not the mirror", () => {
  const names = Object.keys(environment(["poetry", "install"], {}, true));
  expect(names.filter((name) => name.startsWith("POETRY_"))).toEqual([]);
});

test.each([
  [["twine", "upload", "dist/*"], "MIRROR"],
  [["twine", "upload", "-r", "testpypi", "dist/*"], "MIRROR"],
  [["/usr/bin/twine", "upload", `--repository-url=${PYPI}`], "MIRROR"],
  [["python3.12", "-m", "twine", "upload", "--repository-url", PYPI.slice(0, -1)], "MIRROR"],
  [["uvx", "twine", "upload"], "MIRROR"],
  [["sh", "-c", `twine upload --repository-url ${OTHER}`], ""],
  [["make", "twine"], ""],
])("P-101 exec: with %j, which goes to the mirror or may not, TWINE_PASSWORD is %j", (words, password) => {
  const variables = environment(words, { TWINE_USERNAME: "me", TWINE_PASSWORD: "PYPI" });
  expect(variables).toMatchObject({ TWINE_REPOSITORY_URL: PYPI, TWINE_USERNAME: "aws", TWINE_PASSWORD: password });
});

test.each([
  [["twine", "upload", "--repository-url", OTHER]],
  [["twine", "upload", `--repository-u=${OTHER}`]],
  [["python", "-m", "twine", "upload", "--repository-url", `${PYPI}../../../other/`]],
  [["twine", "upload", "--repository-url", PYPI, "--repository-url", OTHER]],
])("P-101 exec: with %j twine keeps the variables of the user", (words) => {
  const variables = environment(words, { TWINE_USERNAME: "me", TWINE_PASSWORD: "PYPI" });
  const twine = Object.entries(variables).filter(([name]) => name.startsWith("TWINE_"));
  expect(twine).toEqual([
    ["TWINE_USERNAME", "me"],
    ["TWINE_PASSWORD", "PYPI"],
  ]);
});

/** As much of Yarn's as the plugin sees: `Configuration`, with maps for values. */
function yarnCore(values: Record<string, unknown>) {
  class Configuration {
    get(key: string) {
      return values[key];
    }
  }
  return { Configuration };
}

test("P-101 P-104 exec: Yarn's plugin adds the token to the mirror's registry, and hides tokens of scopes from there", async () => {
  const files = await writeYarnFiles(access, { words: ["make"], env: { HOME: "/nonexistent" } });
  expect(((await stat(dirname(files.plugin))).mode & 0o777).toString(8)).toBe("700");
  vi.stubEnv("YARN_NPM_REGISTRY_SERVER", NPM);
  vi.stubEnv("CODEARTIFACT_AUTH_TOKEN", "MIRROR");
  const partner = new Map([["npmRegistryServer", "https://partner.example/"]]).set("npmAuthToken", "THEIRS");
  const core = yarnCore({
    npmRegistries: new Map([["//partner.example", new Map([["npmAuthToken", "THEIRS"]])]]),
    npmScopes: new Map([
      ["partner", partner],
      ["own", new Map([["npmRegistryServer", NPM]]).set("npmAuthToken", "USERS")],
    ]),
    npmAuthToken: null,
  });
  const { name, factory } = createRequire(import.meta.url)(files.plugin);
  // Yarn calls it for each configuration that it makes.
  for (const _ of [1, 2, 3]) expect([name, factory(() => core)]).toEqual(["sallyport-mirror", {}]);
  const configuration = new core.Configuration();
  const registries = configuration.get("npmRegistries") as Map<string, Map<string, unknown>>;
  expect([...registries.keys()]).toEqual(["//partner.example", NPM.slice(0, -1)]);
  expect(Object.fromEntries(registries.get(NPM.slice(0, -1)) ?? [])).toEqual({
    npmAlwaysAuth: true,
    npmAuthToken: "MIRROR",
  });
  const scopes = configuration.get("npmScopes") as Map<string, Map<string, unknown>>;
  expect(scopes.get("partner")).toBe(partner);
  expect(scopes.get("own")?.get("npmAuthToken")).toBeNull();
  expect(configuration.get("npmAuthToken")).toBeNull();
  await files.remove();
  await expect(stat(dirname(files.plugin))).rejects.toThrow("ENOENT");
});

test("P-109 P-112 exec: Yarn 1 gets a file with the registry's token by name, and npm gets no always-auth", async () => {
  const home = await mkdtemp(join(tmpdir(), "sallyport-npmrc-"));
  const key = NPM.replace("https:", "");
  await writeFile(join(home, ".npmrc"), `${key}:_authToken=OLD\n//other/:_authToken=THEIRS\n[section]\n`);
  const env = { HOME: home, NPM_CONFIG_USERCONFIG: "" };
  for (const words of [["yarn"], ["/usr/bin/yarnpkg", "add"], ["npx", "yarn"], ["node", ".yarn/releases/yarn.cjs"]]) {
    const files = await writeYarnFiles(access, { words, env });
    const { npmrc = "" } = files;
    expect([await readFile(npmrc, "utf8"), ((await stat(npmrc)).mode & 0o777).toString(8)]).toEqual([
      `${key}:_authToken=\${CODEARTIFACT_AUTH_TOKEN}\n${key}:always-auth=true\n//other/:_authToken=THEIRS\n[section]\n`,
      "600",
    ]);
    const variables = commandEnvironment(access, { words, env, otherSource: false, yarn: files });
    expect(variables).toMatchObject({ npm_config_userconfig: npmrc, NPM_CONFIG_USERCONFIG: undefined });
    await files.remove();
  }
  for (const words of [["npm", "ci"], ["npm", "install", "yarn"], ["pnpm", "add", "left"], ["make"]]) {
    const files = await writeYarnFiles(access, { words, env });
    expect(files.npmrc).toBeUndefined();
    const variables = commandEnvironment(access, {
      words,
      env: { ...env, NPM_CONFIG_USERCONFIG: "/own" },
      otherSource: false,
      yarn: files,
    });
    expect(variables.NPM_CONFIG_USERCONFIG).toBe("/own");
    expect(Object.keys(variables).filter((name) => /always-auth|_userconfig$/.test(name))).toEqual([]);
    await files.remove();
  }
  await rm(home, { recursive: true });
});

test("P-112 exec: pnpm, which reads no variable of npm's since its version 11, has one of its own", () => {
  expect(environment(["pnpm", "add", "left"])).toMatchObject({ npm_config_registry: NPM, pnpm_config_registry: NPM });
});
