import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { iniEditor } from "../../../mirror/login/edit/ini.js";
import { cliCommand, sallyport } from "../../support/cli.js";
import { runInProcess } from "../../support/run-cli.js";
import { type Lab, openLab } from "./support/mirror.js";

const run = promisify(execFile);
const TEAM = ["--domain", "tools", "--repository", "team"];

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  // The AWS SDK reads the environment of its process.
  for (const [name, value] of Object.entries(lab.env)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await lab.close();
});

/** The command in a process of its own. */
const mirrorProcess = (args: readonly string[], env: Record<string, string> = {}) =>
  sallyport(["mirror", ...args], { env: { ...lab.env, ...env }, cwd: lab.home });
/** The command in this process, for tests of what the tools then read. */
const mirror = (args: readonly string[]) => runInProcess(["mirror", ...args], { env: lab.env, cwd: lab.home });
const login = (tool: string, ...more: string[]) => mirror(["login", "--tool", tool, ...TEAM, ...more]);
const tool = async (program: string, args: readonly string[], env: Record<string, string> = {}) =>
  (await run(program, args, { cwd: lab.home, env: { PATH: process.env.PATH, HOME: lab.home, ...env } })).stdout;
const pypi = () => `${lab.mirror.url}/d/tools-123456789012/pypi/team/`;
const npm = () => `${lab.mirror.url}/d/tools-123456789012/npm/team/`;
const conf = () => join(lab.home, ".config/pip/pip.conf");
const tokenIn = async () =>
  new URL(String(iniEditor.get(await readFile(conf(), "utf8"), ["global", "index-url"]))).password;

test("P-12 pip reads what login wrote, installs through it, and logout gives back what was there", async () => {
  await mkdir(join(lab.home, ".config/pip"), { recursive: true });
  const original = "# mine\n[global]\ntimeout = 7\nindex-url = https://old.example/simple/\n";
  await writeFile(conf(), original, { mode: 0o644 });
  const { code, stdout, stderr } = await mirrorProcess(["login", "--tool", "pip", ...TEAM]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^pip now uses team in tools \(us-east-1\)\n {2}wrote .*\/pip\.conf\n {2}the token ends \S+ \(in 1[12] h \d+ min\)\n$/,
  );
  const token = await tokenIn();
  expect(stdout + stderr + lab.log()).not.toContain(token);
  expect((await stat(conf())).mode & 0o777).toBe(0o600);
  const list = await tool("/usr/bin/pip", ["config", "list"]);
  expect(list).toContain(`global.index-url='http://aws:${token}@${pypi().replace("http://", "")}simple/'`);
  expect(list).toContain("global.timeout='7'");
  expect(await tool("/usr/bin/pip", ["config", "debug"])).toContain(`${conf()}, exists: True`);
  await tool("/usr/bin/pip", ["download", "-q", "--no-deps", "-d", "got", "outside"]);
  expect(existsSync(join(lab.home, "got/outside-1.0-py3-none-any.whl"))).toBe(true);
  const out = await mirrorProcess(["logout", "--tool", "pip"]);
  expect(out.stdout).toBe(`logged out: pip\n  restored ${conf()}\n`);
  expect(await readFile(conf(), "utf8")).toBe(original);
  expect((await stat(conf())).mode & 0o777).toBe(0o644);
});

test("npm reads what login wrote, and finds packages", async () => {
  expect((await login("npm")).code).toBe(0);
  expect((await tool("npm", ["config", "get", "registry"])).trim()).toBe(npm());
  expect((await tool("npm", ["view", "left", "version"])).trim()).toBe("1.0.0");
  expect((await mirror(["logout", "--tool", "npm"])).code).toBe(0);
  expect(existsSync(join(lab.home, ".npmrc"))).toBe(false);
});

test("npm: with a scope only its packages come from here", async () => {
  expect((await login("npm", "--scope", "@acme")).code).toBe(0);
  expect((await tool("npm", ["config", "get", "@acme:registry"])).trim()).toBe(npm());
  expect((await tool("npm", ["config", "get", "registry"])).trim()).toBe("https://registry.npmjs.org/");
  await mirror(["logout"]);
});

test("Poetry reads what login wrote", async () => {
  const { code, stderr } = await login("poetry");
  expect([code, stderr]).toEqual([
    0,
    `in a project: poetry source add team ${pypi()}simple/\nto publish: poetry publish -r team\n`,
  ]);
  expect(await tool("/usr/bin/poetry", ["config", "--list"])).toContain(`repositories.team.url = "${pypi()}"`);
  const auth = await tool("/usr/bin/python3", [
    "-c",
    "from poetry.config.config import Config; from poetry.utils.password_manager import PasswordManager\n" +
      "print(PasswordManager(Config.create()).get_http_auth('team')['username'])",
  ]);
  expect(auth.trim()).toBe("aws");
  await mirror(["logout"]);
});

test("P-15 twine reads what login wrote", async () => {
  expect((await login("twine")).code).toBe(0);
  const said = await tool("/usr/bin/python3", [
    "-c",
    "from twine.utils import get_config; c = get_config('~/.pypirc'); print(sorted(c), c['codeartifact']['repository'], c['codeartifact']['username'], len(c['codeartifact']['password']) > 0)",
  ]);
  expect(said.trim()).toBe(`['codeartifact', 'pypi'] ${pypi()} aws True`);
  await mirror(["logout"]);
});

test("Yarn 1 reads what login wrote", async () => {
  expect((await login("yarn")).code).toBe(0);
  // Debian's package finds its own libraries by this.
  const env = { NODE_PATH: "/usr/share/nodejs" };
  expect((await tool("/usr/bin/yarnpkg", ["config", "get", "registry"], env)).trim()).toBe(npm());
  expect((await tool("/usr/bin/yarnpkg", ["info", "left", "version", "--json"], env)).trim()).toContain('"1.0.0"');
  await mirror(["logout"]);
});

test("uv: the index has no password in it, netrc has", async () => {
  expect((await login("uv")).code).toBe(0);
  const index = await readFile(join(lab.home, ".config/uv/uv.toml"), "utf8");
  expect(index).toBe(`[[index]]\nname = "team"\nurl = "${pypi()}simple/"\ndefault = true\n`);
  const read = await tool("/usr/bin/python3", [
    "-c",
    "import netrc; print(netrc.netrc().authenticators('127.0.0.1')[0])",
  ]);
  expect(read.trim()).toBe("aws");
  await mirror(["logout"]);
});

test("P-16 the token ends: 401 from the index, status says so, and refresh mends it", async () => {
  expect((await login("pip", "--duration", "15m")).code).toBe(0);
  const old = await tokenIn();
  const fine = await mirror(["status", "--json"]);
  expect(fine.code).toBe(0);
  expect(JSON.parse(fine.stdout)).toEqual({
    logins: [
      {
        login: "pip",
        tool: "pip",
        repository: "team",
        domain: "tools",
        endpoint: pypi(),
        expires: expect.any(String),
        secondsLeft: expect.any(Number),
        configured: true,
      },
    ],
  });
  expect((await mirror(["refresh"])).stdout).toBe("nothing is due\n");
  lab.advance(16 * 60_000);
  await expect(
    tool("/usr/bin/pip", ["download", "-q", "--no-input", "--no-deps", "-d", "again", "outside"]),
  ).rejects.toThrow(/401|credentials|No matching distribution/);
  const renewed = await mirror(["refresh", "--force", "--json"]);
  expect([renewed.code, renewed.stderr]).toEqual([0, ""]);
  expect(JSON.parse(renewed.stdout)).toMatchObject({ renewed: [{ login: "pip" }], failed: [], kept: 0 });
  expect(await tokenIn()).not.toBe(old);
  await tool("/usr/bin/pip", ["download", "-q", "--no-input", "--no-deps", "-d", "again", "outside"]);
  const kept = await tokenIn();
  const { HOME } = lab.env;
  const file = join(HOME ?? "", ".local/state/sallyport/mirror/logins.json");
  const state = await readFile(file, "utf8");
  await writeFile(file, state.replaceAll(lab.mirror.url, "http://127.0.0.1:9"));
  const failed = await mirrorProcess(["refresh", "--force"], { AWS_MAX_ATTEMPTS: "1" });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /^warning: pip was not renewed: CodeArtifact cannot be reached: .*; the old token stays, until /,
  );
  expect(await tokenIn()).toBe(kept);
  await writeFile(file, state);
  await mirror(["logout"]);
});

test("exec sets up the environment, touches no file, and ends as the command does", async () => {
  const script = [
    'const { PIP_INDEX_URL, npm_config_registry } = process.env; const { readFileSync, readdirSync } = require("node:fs");',
    "const token = process.env.CODEARTIFACT_AUTH_TOKEN;",
    'const lines = readdirSync("/proc").filter((p) => /^\\d+$/.test(p)).map((p) => { try { return readFileSync("/proc/" + p + "/cmdline", "utf8") } catch { return "" } });',
    "console.log(JSON.stringify([PIP_INDEX_URL.includes(token), npm_config_registry, lines.filter((line) => line.includes(token)).length]));",
    "process.exit(7)",
  ].join("\n");
  const { code, stdout } = await mirrorProcess(["exec", ...TEAM, "--", process.execPath, "-e", script]);
  expect([code, JSON.parse(stdout)]).toEqual([7, [true, npm(), 0]]);
  expect(existsSync(join(lab.home, ".npmrc"))).toBe(false);
  const pip = await mirrorProcess([
    "exec",
    ...TEAM,
    "--",
    "/usr/bin/pip",
    "download",
    "-q",
    "--no-deps",
    "-d",
    "exec",
    "outside",
  ]);
  expect([pip.code, pip.stderr]).toEqual([0, ""]);
  const view = await mirrorProcess(["exec", ...TEAM, "--", "npm", "view", "left", "version"]);
  expect([view.code, view.stdout]).toEqual([0, "1.0.0\n"]);
  expect(await mirrorProcess(["exec", ...TEAM, "--", "no-such-program"])).toMatchObject({
    code: 3,
    stderr: 'error: "no-such-program" cannot be run: there is no such program\n  write the command after --\n',
  });
});

test("exec passes signals on", async () => {
  const [program, args] = cliCommand([
    "mirror",
    "exec",
    ...TEAM,
    "--",
    process.execPath,
    "-e",
    'process.on("SIGTERM", () => process.exit(9)); console.log("up"); setInterval(() => {}, 1000)',
  ]);
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...lab.env }, cwd: lab.home });
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  expect(code).toBe(9);
});

test("exec: a command that fails because the token is refused gets to know it", async () => {
  const control = createServer((_, response) => {
    lab.advance(16 * 60_000);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(control, "listening");
  const url = `http://127.0.0.1:${(control.address() as AddressInfo).port}/`;
  const script = `fetch(${JSON.stringify(url)}).then(() => process.exit(1))`;
  const { code, stderr } = await mirrorProcess([
    "exec",
    ...TEAM,
    "--duration",
    "15m",
    "--",
    process.execPath,
    "-e",
    script,
  ]);
  control.close();
  expect(code).toBe(1);
  expect(stderr).toBe(
    [pypi(), npm()]
      .map((each) => `${each} refuses the token (401): was it revoked? run the command again for a new one\n`)
      .join(""),
  );
});

test("env: a shell takes it, and a GitHub job hides the token", async () => {
  const { code, stdout } = await mirrorProcess(["env", ...TEAM]);
  expect(code).toBe(0);
  const file = join(lab.home, "env.sh");
  await writeFile(file, stdout);
  const said = await run("sh", ["-c", '. "$0"; printf %s "$PIP_INDEX_URL|$CODEARTIFACT_AUTH_TOKEN"', file]);
  const [index = "", token = ""] = said.stdout.split("|");
  expect(index).toBe(`http://aws:${token}@${pypi().replace("http://", "")}simple/`);
  const target = join(lab.home, "github-env");
  const github = await mirrorProcess(["env", "--format", "github", ...TEAM], { GITHUB_ENV: target });
  const lines = await readFile(target, "utf8");
  const secret = /^CODEARTIFACT_AUTH_TOKEN=(.*)$/m.exec(lines)?.[1] ?? "";
  expect(github.stdout).toBe(`::add-mask::${secret}\n`);
  expect(await mirrorProcess(["env", "--format", "github", ...TEAM])).toMatchObject({ code: 2, stdout: "" });
});

test("P-18 check says where packages come from; private closes the way from outside", async () => {
  const file = join(lab.home, "requirements.txt");
  await writeFile(file, "outside==1.0\nAcme.Core>=1\nmissing\n");
  const before = await mirror(["check", file, ...TEAM, "--private", "acme-*"]);
  expect(before).toMatchObject({
    code: 1,
    stdout: [
      "acme-core                         from outside, public:pypi by store  PRIVATE BUT OPEN",
      "missing                           nowhere",
      "outside 1.0                       from outside, public:pypi by store",
      "",
    ].join("\n"),
    stderr: "private, but open to the outside: sallyport mirror private acme-core --format pypi\n",
  });
  expect(await mirror(["private", "Acme_Core", "--format", "pypi", ...TEAM])).toMatchObject({
    code: 0,
    stdout: "acme-core: publish ALLOW, upstream BLOCK\n",
    stderr: "",
  });
  const after = await mirror(["check", file, ...TEAM, "--private", "acme-*", "--json"]);
  expect(after.code).toBe(0);
  expect(JSON.parse(after.stdout).packages[0]).toEqual({
    format: "pypi",
    name: "acme-core",
    origin: "nowhere",
    upstreamOpen: false,
    private: true,
    danger: false,
  });
  const lock = join(lab.home, "package-lock.json");
  await writeFile(
    lock,
    JSON.stringify({ lockfileVersion: 3, packages: { "": {}, "node_modules/left": { version: "1.0.0" } } }),
  );
  const npmCheck = await mirror(["check", lock, ...TEAM]);
  expect([npmCheck.code, npmCheck.stdout]).toEqual([
    0,
    "left 1.0.0                        from outside, public:npmjs by npm-store\n",
  ]);
});
