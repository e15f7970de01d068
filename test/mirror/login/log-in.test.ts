import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { defined } from "../../../base/defined.js";
import { holds, logIn, logOut } from "../../../mirror/login/log-in.js";
import { type Login, readState, stateDir } from "../../../mirror/login/store.js";
import { LOGIN_TOOLS, type LoginTool } from "../../../mirror/login/tool.js";
import { type Access, changesFor } from "../../../mirror/login/tools.js";

let home: string;
let env: Record<string, string>;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-mirror-"));
  env = { HOME: home };
});
afterEach(() => rm(home, { recursive: true }));

const ENDPOINT = "https://tools-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
const accessOf = (tool: LoginTool, token: string, more: Partial<Access> = {}): Access => ({
  tool,
  token,
  name: "team",
  endpoint: `${ENDPOINT}/${["npm", "pnpm", "yarn"].includes(tool) ? "npm" : "pypi"}/team/`,
  ...more,
});
const loginOf = ({ tool, endpoint, scope, name }: Access): Login =>
  defined({
    id: scope === undefined ? tool : `${tool}:${scope}`,
    tool,
    name,
    endpoint,
    target: { domain: "tools", repository: "team" },
    issuedAt: 0,
    expiresAt: 1,
    scope,
  });
const enter = (tool: LoginTool, token: string, more: Partial<Access> = {}) => {
  const access = accessOf(tool, token, more);
  return logIn(env, loginOf(access), changesFor(access, env));
};
const fileOf = (tool: LoginTool, index = 0) => changesFor(accessOf(tool, "t"), env)[index]?.file ?? "";
const read = (file: string) => readFile(file, "utf8");
const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

async function put(file: string, text: string, mode = 0o644) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode });
  await chmod(file, mode);
}

/** What users have there, each with something of every kind. */
const USERS: Record<LoginTool, readonly string[]> = {
  pip: ["# mine\n[global]\nindex-url = https://me:secret@old/simple/\n\ttimeout\n\n[install]\nuser = yes"],
  uv: [
    '# mine\r\nnative-tls = true\r\n\r\n[[index]]\r\nname = "gpu"\r\nurl = "https://gpu/"\r\n',
    "machine a login x password y\ndefault login anonymous password me",
  ],
  poetry: ["cache-dir = '/c'\n\n\n[repositories.other]\nurl = \"x\"\n", '[http-basic.team]\nusername = "me" # old\n'],
  twine: ["[distutils]\nindex-servers =\n  pypi\n  test\n\n[codeartifact]\npassword: old\n"],
  npm: ["; mine\nregistry = https://old/\n//old/:_authToken=secret\n\n\n"],
  pnpm: ["@acme:registry=https://old/\n"],
  yarn: ['registry "https://old/"\n', "fund=false", "nodeLinker:   pnp\nnpmScopes: {a: {npmRegistryServer: 'x'}}\n"],
};

describe.each(LOGIN_TOOLS.map((tool) => [tool]))("%s", (tool) => {
  test("logout gives back every byte and the modes, after one login or several", async () => {
    const files = changesFor(accessOf(tool, "t"), env).map(({ file }) => file);
    for (const [index, file] of files.entries()) await put(file, USERS[tool][index] ?? "", 0o640);
    await enter(tool, "first-token");
    await enter(tool, "second-token");
    const together = (await Promise.all(files.map(read))).join("\n");
    expect(together).toContain("second-token");
    expect(together).not.toContain("first-token");
    for (const file of files) expect(await modeOf(file)).toBe("600");
    expect(await holds(await readState(stateDir(env)), tool)).toBe("whole");
    await logOut(env, [tool]);
    for (const [index, file] of files.entries()) {
      expect(await read(file)).toBe(USERS[tool][index]);
      expect(await modeOf(file)).toBe("640");
    }
    expect(await readState(stateDir(env))).toEqual({ logins: {}, files: {} });
  });

  test("files that were not there are 0600 while they are, and not there afterwards", async () => {
    const files = await enter(tool, "a-token");
    for (const file of files) expect(await modeOf(file)).toBe("600");
    await logOut(env, [tool]);
    for (const file of files) await expect(stat(file)).rejects.toThrow("ENOENT");
  });

  test("what the user changed meanwhile stays, ours goes, also through another login", async () => {
    const changes = changesFor(accessOf(tool, "t"), env);
    const comment = (text: string) => `# added later\n${text}`;
    for (const [index, { file }] of changes.entries()) await put(file, USERS[tool][index] ?? "");
    await enter(tool, "first-token");
    for (const { file } of changes) await writeFile(file, comment(await read(file)));
    await enter(tool, "second-token");
    for (const { file } of changes) await writeFile(file, comment(await read(file)));
    await logOut(env, [tool]);
    for (const [index, { file, format }] of changes.entries()) {
      const left = await read(file);
      expect(left.startsWith(comment("# added later\n"))).toBe(true);
      expect(left).not.toContain("-token");
      // The YAML editor sets spaces anew, the others nothing.
      if (format !== "yaml")
        expect(left.replaceAll(/\s+/g, " ")).toContain((USERS[tool][index] ?? "").trim().split(/\s+/).at(-1));
    }
  });

  test("the state has no token, is 0600, and its directory 0700", async () => {
    await enter(tool, "a-token");
    const dir = stateDir(env);
    expect(await readdir(dir)).toEqual(["logins.json"]);
    expect([await modeOf(dir), await modeOf(join(dir, "logins.json"))]).toEqual(["700", "600"]);
    expect(await read(join(dir, "logins.json"))).not.toContain("a-token");
  });
});

test("a value that the user set in place of ours is the user's", async () => {
  await put(fileOf("pip"), "[global]\nindex-url = https://a/\n");
  await enter("pip", "a-token");
  await put(fileOf("pip"), "[global]\nindex-url = https://b/\n");
  expect(await holds(await readState(stateDir(env)), "pip")).toBe("changed");
  await logOut(env, ["pip"]);
  expect(await read(fileOf("pip"))).toBe("[global]\nindex-url = https://b/\n");
});

test("a file that the user removed is not made again by logout", async () => {
  await put(fileOf("pip"), "[global]\ntimeout = 1\n");
  await enter("pip", "a-token");
  await rm(fileOf("pip"));
  await logOut(env, ["pip"]);
  await expect(stat(fileOf("pip"))).rejects.toThrow("ENOENT");
});

test("npm, pnpm and two scopes share a file; each logout takes its own", async () => {
  const original = "; mine\nregistry=https://old/\n";
  await put(fileOf("npm"), original);
  await enter("npm", "t-npm");
  await enter("pnpm", "t-pnpm");
  await enter("npm", "t-a", { scope: "@a", endpoint: `${ENDPOINT}/npm/a/` });
  const all = await read(fileOf("npm"));
  expect(all).toContain(`registry=${ENDPOINT}/npm/team/\n`);
  expect(all).toContain("_authToken=t-pnpm\n");
  expect(all).toContain(`@a:registry=${ENDPOINT}/npm/a/\n`);
  expect(all).toContain("_authToken=t-a\n");
  await logOut(env, ["npm"]);
  expect(await read(fileOf("npm"))).toBe(all);
  await logOut(env, ["npm:@a"]);
  const one = await read(fileOf("npm"));
  expect(one).not.toContain("@a");
  expect(one).toContain("t-pnpm");
  await logOut(env, ["pnpm"]);
  expect(await read(fileOf("npm"))).toBe(original);
});

test("a link stays a link, and what it points to is what is written", async () => {
  const real = join(home, "dotfiles/pip.conf");
  await put(real, "[global]\ntimeout = 1\n");
  await mkdir(dirname(fileOf("pip")), { recursive: true });
  await symlink(real, fileOf("pip"));
  await enter("pip", "a-token");
  expect(await read(real)).toContain("a-token");
  await logOut(env, ["pip"]);
  expect(await read(real)).toBe("[global]\ntimeout = 1\n");
});

test("a file that cannot be edited stops the login before any file has changed", async () => {
  await put(fileOf("poetry", 1), "[http-basic\n");
  await expect(enter("poetry", "a-token")).rejects.toMatchObject({ code: "mirror/config-unreadable", exit: 5 });
  await expect(stat(fileOf("poetry"))).rejects.toThrow("ENOENT");
  expect(await readState(stateDir(env))).toEqual({ logins: {}, files: {} });
});

test("uv: another default index is not pushed aside", async () => {
  await put(fileOf("uv"), '[[index]]\nname = "own"\nurl = "https://own/"\ndefault = true\n');
  await expect(enter("uv", "a-token")).rejects.toMatchObject({
    code: "mirror/other-default",
    message: expect.stringMatching(/^".*uv\.toml" has the default index "own" already, and uv allows one$/),
  });
});

test("bytes that are no text are left alone", async () => {
  await put(fileOf("pip"), "");
  await writeFile(fileOf("pip"), Buffer.from([0x5b, 0xff, 0x5d]));
  await expect(enter("pip", "a-token")).rejects.toMatchObject({ code: "mirror/not-text" });
});

test("a state that cannot be read stops both ways", async () => {
  await put(join(stateDir(env), "logins.json"), "{");
  await expect(enter("pip", "t")).rejects.toMatchObject({ code: "mirror/state-garbage" });
  await expect(logOut(env, ["pip"])).rejects.toMatchObject({ code: "mirror/state-garbage" });
});

test("twenty at once follow one another: the file has one of them, whole, and logout the original", async () => {
  const original = "[global]\ntimeout = 1\n";
  await put(fileOf("pip"), original);
  await Promise.all(Array.from({ length: 20 }, (_, index) => enter("pip", `token-${index}`)));
  expect((await read(fileOf("pip"))).match(/token-/g)).toHaveLength(1);
  await logOut(env, ["pip"]);
  expect(await read(fileOf("pip"))).toBe(original);
});

const YARN_FILE = 2;
const NPM = `${ENDPOINT}/npm/team/`;
const X = { scope: "@x" };
const PUBLISH = 'npmPublishRegistry: "https://npm.example/"';

test.each([
  ["a token of the scope", `npmScopes:\n  x:\n    npmAuthToken: USERS\n    ${PUBLISH}\n`, X],
  ["a number for a token", "npmScopes:\n  x:\n    npmAuthToken: 7357001 # USERS\n", X],
  ["a name and a password of the scope", "npmScopes:\n  x: {npmAuthIdent: 'me:USERS'}\n", X],
  [
    "another scope that comes from the mirror",
    `npmScopes:\n  y:\n    npmAuthToken: USERS\n    npmRegistryServer: ${NPM}\n`,
    X,
  ],
  [
    "a scope from the mirror, and a login for all",
    `npmScopes: {y: {npmAuthToken: USERS, npmRegistryServer: "${NPM}"}}\n`,
    {},
  ],
  ["an entry of the registry with its protocol", `npmRegistries:\n  "${NPM}":\n    npmAuthToken: USERS\n`, X],
])("P-104 yarn: %s does not go to the mirror, and logout gives it back", async (_, original, more) => {
  const file = fileOf("yarn", YARN_FILE);
  const id = "scope" in more ? "yarn:@x" : "yarn";
  await put(file, original);
  await enter("yarn", "first-token", more);
  await enter("yarn", "second-token", more);
  const during = await read(file);
  expect(during).not.toContain("USERS");
  expect(during).not.toContain("7357001");
  expect(during.match(/npmAuthToken: .*/g)).toEqual(["npmAuthToken: second-token"]);
  expect(await holds(await readState(stateDir(env)), id)).toBe("whole");
  // A change by the user in between does not keep it from coming back.
  await writeFile(file, `# later\n${during}`);
  await logOut(env, [id]);
  const edited = await read(file);
  // A number comes back as the text that Yarn reads in it.
  const asText = (text: string) => parse(text, { schema: "failsafe" });
  expect(asText(edited)).toEqual(asText(original));
  expect(edited).not.toContain("second-token");
  await writeFile(file, original);
  await enter("yarn", "third-token", more);
  await logOut(env, [id]);
  expect(await read(file)).toBe(original);
});

test("P-104 yarn: a scope's token for another registry stays, and none of ours is in a scope", async () => {
  const theirs = { npmRegistryServer: "https://partner.example/", npmAuthToken: "THEIRS" };
  await put(fileOf("yarn", YARN_FILE), JSON.stringify({ npmScopes: { partner: theirs, none: { npmAuthToken: "N" } } }));
  await enter("yarn", "a-token");
  const { npmScopes, npmRegistryServer, npmRegistries } = parse(await read(fileOf("yarn", YARN_FILE)));
  // A scope without a server of its own comes from npm's registry, whatever the login is for.
  expect([npmScopes, npmRegistryServer]).toEqual([{ partner: theirs, none: { npmAuthToken: "N" } }, NPM]);
  expect(Object.values(npmRegistries)).toEqual([{ npmAlwaysAuth: true, npmAuthToken: "a-token" }]);
});

test("P-104 yarn: two logins take the same token away; the last logout gives it back", async () => {
  const file = fileOf("yarn", YARN_FILE);
  const original = `npmScopes:\n  x:\n    npmRegistryServer: ${NPM}\n    npmAuthToken: USERS\n`;
  await put(file, original);
  await enter("yarn", "t-scope", X);
  await enter("yarn", "t-all");
  await logOut(env, ["yarn:@x"]);
  expect(await read(file)).not.toContain("USERS");
  await enter("yarn", "t-scope", X);
  await logOut(env, ["yarn"]);
  expect(await read(file)).not.toContain("USERS");
  await logOut(env, ["yarn:@x"]);
  expect(await read(file)).toBe(original);
});

test("P-104 yarn: a token that the user set after the login is the user's", async () => {
  const file = fileOf("yarn", YARN_FILE);
  await put(file, "npmScopes:\n  x:\n    npmAuthToken: USERS\n");
  await enter("yarn", "a-token", X);
  await writeFile(file, (await read(file)).replace(/(\n {2}x:\n)/, "$1    npmAuthToken: NEW\n"));
  expect(await holds(await readState(stateDir(env)), "yarn:@x")).toBe("changed");
  await logOut(env, ["yarn:@x"]);
  expect(parse(await read(file))).toEqual({ npmScopes: { x: { npmAuthToken: "NEW" } } });
});

test("P-104 yarn: a token behind an alias stops the login before any file has changed", async () => {
  const original = "npmScopes:\n  y: &auth\n    npmAuthToken: USERS\n  x: *auth\n";
  await put(fileOf("yarn", YARN_FILE), original);
  await expect(enter("yarn", "a-token", X)).rejects.toMatchObject({ exit: 5 });
  expect(await read(fileOf("yarn", YARN_FILE))).toBe(original);
  await expect(stat(fileOf("yarn"))).rejects.toThrow("ENOENT");
});

test("P-104 poetry: a token to publish under the same name does not go to the mirror, and logout gives it back", async () => {
  const original = '[pypi-token]\nteam = "USERS"\nother = "THEIRS"\n';
  await put(fileOf("poetry", 1), original);
  await enter("poetry", "a-token");
  const during = await read(fileOf("poetry", 1));
  expect(during).not.toContain("USERS");
  expect(during).toContain("THEIRS");
  await logOut(env, ["poetry"]);
  expect(await read(fileOf("poetry", 1))).toBe(original);
});

const unchanged = async () => {
  expect(await readState(stateDir(env))).toEqual({ logins: {}, files: {} });
};

test("P-111 a link that leads nowhere is named, and nothing is changed", async () => {
  await symlink("dotfiles/npmrc", fileOf("npm"));
  await expect(enter("npm", "a-token")).rejects.toMatchObject({
    code: "mirror/broken-link",
    message: `"${fileOf("npm")}" is a link to "dotfiles/npmrc", which does not lead to a file`,
  });
  await rm(fileOf("npm"));
  await symlink(".npmrc", fileOf("npm"));
  await expect(enter("npm", "a-token")).rejects.toMatchObject({ code: "mirror/broken-link" });
  await unchanged();
});

test("P-111 a file of another user stops the login before any file has changed", async () => {
  await put(fileOf("yarn", 1), "fund=false\n");
  const geteuid = vi.spyOn(process, "geteuid").mockReturnValue(4242);
  await expect(enter("yarn", "a-token")).rejects.toMatchObject({
    code: "mirror/not-yours",
    message: expect.stringMatching(/^".*\/\.npmrc" belongs to (?:root|the user \d+), not to you$/),
    hint: expect.stringContaining("sudo chown"),
  });
  geteuid.mockRestore();
  await expect(stat(fileOf("yarn"))).rejects.toThrow("ENOENT");
  await unchanged();
});

test("P-111 a directory in a file's place, and a file in a directory's, are named", async () => {
  await mkdir(fileOf("npm"), { recursive: true });
  await expect(enter("npm", "a-token")).rejects.toMatchObject({ code: "mirror/not-a-file" });
  await put(dirname(fileOf("pip")), "");
  await expect(enter("pip", "a-token")).rejects.toMatchObject({
    code: "mirror/no-access",
    message: expect.stringContaining("there is a file in place of a directory"),
  });
  await unchanged();
});

test("P-111 a file that was broken since the login stops the logout before any file has changed", async () => {
  await enter("poetry", "a-token");
  await writeFile(fileOf("poetry", 1), "[http-basic\n");
  const before = await read(fileOf("poetry"));
  await expect(logOut(env, ["poetry"])).rejects.toMatchObject({ code: "mirror/config-unreadable", exit: 5 });
  expect(await read(fileOf("poetry"))).toBe(before);
});

test("P-105 yarn: a mirror at http://127.0.0.1 is allowed to Yarn 2 and later, another at plain HTTP is not", () => {
  const written = (endpoint: string) =>
    changesFor({ ...accessOf("yarn", "t"), endpoint }, env)[YARN_FILE]?.entries.map(({ path }) => path[0]);
  expect(written("http://127.0.0.1:8642/d/t/npm/team/")).toEqual(["npmRegistryServer", "unsafeHttpWhitelist"]);
  expect(written("http://mirror.lan/d/t/npm/team/")).toEqual(["npmRegistryServer"]);
  expect(written("https://127.0.0.1/d/t/npm/team/")).toEqual(["npmRegistryServer"]);
});

test.each<[LoginTool, boolean]>([
  ["npm", false],
  ["pnpm", false],
  ["yarn", true],
])("P-109 a login of %s writes always-auth, of which npm warns: %s", (tool, isWritten) => {
  const npmrc = changesFor(accessOf(tool, "t"), env).filter(({ format }) => format === "npmrc");
  const keys = npmrc.flatMap(({ entries }) => entries.flatMap(({ path }) => path));
  expect(keys.some((key) => key.endsWith(":_authToken"))).toBe(true);
  expect(keys.some((key) => key.includes("always-auth"))).toBe(isWritten);
});
