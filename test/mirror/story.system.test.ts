/**
 * The mirror as a team lives with it: a client whose only way is to the mirror, the shipped `sallyport mirror
 * serve` with its access keys and certificate, and the real AWS CLI, pip, npm and their like.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issueCertificate } from "../../certs/issue.js";
import { namespaceSupport } from "../../local/machine/preflight.js";
import { Member } from "./support/member.js";
import { MIRROR, Network, OUTSIDE } from "./support/network.js";
import { Served } from "./support/served.js";
import { Upstream } from "./support/upstream.js";
import { npmTarball, sdist, wheel } from "./support/wheels.js";

const support = await namespaceSupport();
const here = typeof support !== "string" && process.getuid?.() === 0;
if (!here) console.log(`skipped: no network namespaces here: ${String(support)}`);

const URL_ = `https://${MIRROR}:8642`;
const ENDPOINT = `${URL_}/d/tools-123456789012`;
const TEAM = ["--domain", "tools", "--repository", "team"];

const base = (version: string) => wheel({ name: "base", version });
const APP = ["My_App 3.0", "base 1.1", "speedy 0.1"];
const RIGHT = ["@acme/left@1.3.0", "right@0.1.0"];

describe.runIf(here)("the story of a team without Internet", () => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-mirror-story-"));
  const state = join(dir, "mirror");
  let network: Network;
  let upstream: Upstream;
  let served: Served;
  let ada: Member;
  let log = "";
  /** How long a login and an install took here, which a session must outlast. */
  let loginMs = 0;

  beforeAll(async () => {
    network = await Network.open();
    upstream = await Upstream.start();
    fill(upstream);
    await network.showOutside(upstream.port);
    const { cert, key } = await issueCertificate({ commonName: "mirror of the team", names: [MIRROR] });
    writeFileSync(join(dir, "cert"), cert);
    writeFileSync(join(dir, "key"), key, { mode: 0o600 });
    await serve();
    const home = join(dir, "home");
    mkdirSync(home);
    ada = Member.come(network.client, home, URL_, join(dir, "cert"));
    ada.giveCredentials(readFileSync(join(state, "access-keys"), "utf8"));
  });
  afterAll(async () => {
    await served?.stop();
    await upstream?.lose().catch(() => undefined);
    await network?.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  async function serve(): Promise<void> {
    const place = ["--dir", state, "--listen", `${MIRROR}:8642`];
    const pair = ["--cert", join(dir, "cert"), "--key", join(dir, "key")];
    const pypi = `public:pypi=http://${OUTSIDE}/simple/`;
    const npm = `public:npmjs=http://${OUTSIDE}/npm/`;
    const connections = ["--connection", pypi, "--connection", npm];
    served = await Served.start(network.mirror, dir, [...place, ...pair, ...connections]);
  }

  async function stop(): Promise<void> {
    expect(await served.stop()).toBe(0);
    log += served.log;
  }

  const pipConf = () => join(ada.home, ".config/pip/pip.conf");
  const tokenOfPip = () => /:\/\/aws:([^@]+)@/.exec(readFileSync(pipConf(), "utf8"))?.[1] ?? "";

  test("the client's only way is to the mirror", async () => {
    for (const family of ["-4", "-6"]) {
      const { stdout } = await network.client.runOk("ip", [family, "route", "show", "default"]);
      expect(stdout).toBe("");
    }
    const curl = (url: string) => ["-sS", "--max-time", "5", "--cacert", join(dir, "cert"), url];
    // 7: no connection.
    expect(await ada.run("curl", curl(`http://${OUTSIDE}/simple/base/`))).toMatchObject({ code: 7 });
    expect(await ada.run("curl", curl(`${URL_}/healthz`))).toEqual({ code: 0, output: '{"status":"ok"}' });
    const fromMirror = await network.mirror.run("curl", curl(`http://${OUTSIDE}/simple/base/`));
    expect(fromMirror.stdout).toContain("base-1.1-py3-none-any.whl");
  });

  test("the AWS CLI makes the domain and its repositories", async () => {
    await done(ada.aws("create-domain", "--domain", "tools"));
    const store = async (repository: string, connection: string) => {
      const named = ["--domain", "tools", "--repository", repository];
      await done(ada.aws("create-repository", ...named));
      await done(ada.aws("associate-external-connection", ...named, "--external-connection", connection));
    };
    await Promise.all([store("pypi-store", "public:pypi"), store("npm-store", "public:npmjs")]);
    const upstreams = ["--upstreams", "repositoryName=pypi-store", "repositoryName=npm-store"];
    await done(ada.aws("create-repository", ...TEAM, ...upstreams));
  });

  test("a wrong secret and a strange certificate are refused, and the one who asks gets to know which it was", async () => {
    const right = readFileSync(join(state, "access-keys"), "utf8");
    ada.giveCredentials(right.replace(/(secret_access_key = )..../, "$1AAAA"));
    const refused = await ada.aws("list-domains");
    ada.giveCredentials(right);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain("signature");
    ada.trusts = false;
    const untrusted = await ada.mirror("login", "--tool", "pip", ...TEAM);
    ada.trusts = true;
    expect(untrusted).toMatchObject({
      code: 1,
      stderr: `error: the certificate of CodeArtifact's endpoint is not trusted: self-signed certificate
  where it is your own, name it in NODE_EXTRA_CA_CERTS; otherwise the connection may be intercepted
`,
    });
  });

  test("P-12 after the AWS CLI's login pip installs what it should of each kind", async () => {
    const login = await ada.aws("login", "--tool", "pip", ...TEAM);
    expect([login.output, login.code]).toEqual([expect.stringContaining("Successfully configured pip"), 0]);

    const pinned = ada.file("pinned.txt", `base==1.1 --hash=sha256:${base("1.1").sha256}\n`);
    const forged = ada.file("forged.txt", `base==1.1 --hash=sha256:${"0".repeat(64)}\n`);
    const [app, pre, old, yanked, built, proven, refused] = await Promise.all([
      ada.pip("My_App[fast]"),
      ada.pip("--pre", "base"),
      ada.pip("base<1.1"),
      ada.pip("base==1.2"),
      ada.pip("--no-build-isolation", "only-source"),
      ada.pip("--require-hashes", "-r", pinned),
      ada.pip("--require-hashes", "-r", forged),
    ]);
    // The highest is yanked, one is a pre-release.
    expect([app.output, app.packages]).toEqual([expect.any(String), APP]);
    expect(pre.packages).toEqual(["base 2.0b1"]);
    expect(old.packages).toEqual(["base 1.0"]);
    expect(yanked.packages).toEqual(["base 1.2"]);
    expect(yanked.output).toContain("it was broken");
    expect([built.output, built.packages]).toEqual([expect.any(String), ["only_source 0.5"]]);
    expect(proven.packages).toEqual(["base 1.1"]);
    expect([refused.code, refused.packages]).toEqual([1, []]);
    expect(refused.output).toContain("DO NOT MATCH THE HASHES");
  });

  test("P-13 after the AWS CLI's login npm installs scopes, dependencies and by a lock file", async () => {
    const login = await ada.aws("login", "--tool", "npm", ...TEAM);
    expect([login.output, login.code]).toEqual([expect.stringContaining("Successfully configured npm"), 0]);
    const project = ada.project();
    const first = await ada.npm(project, "install", "right");
    expect([first.output, first.packages]).toEqual([expect.stringContaining("added 2 packages"), RIGHT]);
    expect(readFileSync(join(project, "package-lock.json"), "utf8")).toContain(
      `${ENDPOINT}/npm/team/@acme/left/-/left-1.3.0.tgz`,
    );
    expect((await ada.npm(project, "ci")).packages).toEqual(RIGHT);
    expect((await ada.npm(ada.project(), "install", "@acme/left@next")).packages).toEqual(["@acme/left@2.0.0-rc.1"]);
    rmSync(join(ada.home, ".npmrc"));
  });

  test("our login does the same, keeps what was there, and logout gives it back", async () => {
    const before = readFileSync(pipConf(), "utf8");
    const began = Date.now();
    for (const tool of ["pip", "npm"]) {
      const login = await ada.mirror("login", "--tool", tool, ...TEAM);
      expect([login.stderr, login.code]).toEqual(["", 0]);
      expect(login.stdout).toContain(`${tool} now uses team in tools (us-east-1)`);
    }
    expect(readFileSync(pipConf(), "utf8")).not.toBe(before);
    expect((await ada.pip("My_App[fast]")).packages).toEqual(APP);
    loginMs = Date.now() - began;
    expect((await ada.npm(ada.project(), "install", "right")).packages).toEqual(RIGHT);
    expect((await ada.mirror("status")).code).toBe(0);
    expect((await ada.mirror("logout")).code).toBe(0);
    expect(readFileSync(pipConf(), "utf8")).toBe(before);
    rmSync(pipConf());
    const none = await ada.npm(ada.project(), "install", "right");
    expect([none.code, none.packages]).toEqual([1, []]);
  });

  test("exec needs no file, for pip and for npm", async () => {
    const target = join(ada.home, "by-exec");
    const pip = ["/usr/bin/pip", "install", "-q", "--target", target, "speedy"];
    expect(await ada.mirror("exec", ...TEAM, "--", ...pip)).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(join(target, "speedy/__init__.py"), "utf8")).toContain("0.1");
    const npm = ["npm", "view", "right", "version", "--cache", join(ada.home, "cache-exec")];
    expect(await ada.mirror("exec", ...TEAM, "--", ...npm)).toMatchObject({ code: 0, stdout: "0.1.0\n" });
  });

  test("P-15 twine publishes, and pip, Poetry and Yarn install", async () => {
    for (const tool of ["twine", "pip", "poetry", "yarn"]) {
      expect(await ada.mirror("login", "--tool", tool, ...TEAM)).toMatchObject({ code: 0 });
    }
    const own = wheel({ name: "acme-core", version: "1.0", requires: ["base"] });
    const path = join(ada.home, own.name);
    writeFileSync(path, own.content);
    const sent = await ada.run("/usr/bin/twine", ["upload", "--disable-progress-bar", "-r", "codeartifact", path]);
    expect([sent.output, sent.code]).toEqual([expect.any(String), 0]);
    const got = await ada.pip("acme_core");
    expect([got.output, got.packages]).toEqual([expect.any(String), ["acme_core 1.0", "base 1.1"]]);

    const project = ada.project();
    const pyproject = ["[tool.poetry]", 'name = "p"', 'version = "1"', 'description = ""', "authors = []"];
    const source = [
      `[[tool.poetry.source]]`,
      'name = "team"',
      `url = "${ENDPOINT}/pypi/team/simple/"`,
      "default = true",
    ];
    const wants = ["[tool.poetry.dependencies]", 'python = ">=3.9"', '"my.app" = {version = "*", extras = ["fast"]}'];
    writeFileSync(join(project, "pyproject.toml"), `${[...pyproject, ...source, ...wants].join("\n")}\n`);
    const trust = { POETRY_CERTIFICATES_TEAM_CERT: join(dir, "cert"), POETRY_VIRTUALENVS_IN_PROJECT: "true" };
    const install = ["install", "--no-root", "--no-interaction"];
    const poetry = await ada.run("/usr/bin/poetry", install, project, trust);
    expect([poetry.output, poetry.code]).toEqual([expect.stringContaining("Installing my-app (3.0)"), 0]);
    expect(readFileSync(join(project, "poetry.lock"), "utf8")).not.toContain(tokenOfPip());

    const yarnProject = ada.project();
    // Debian's package finds its own libraries by this.
    const yarn = await ada.run("/usr/bin/yarnpkg", ["add", "right", "--no-progress"], yarnProject, {
      NODE_PATH: "/usr/share/nodejs",
    });
    expect([yarn.output, yarn.code]).toEqual([expect.any(String), 0]);
    const left = JSON.parse(readFileSync(join(yarnProject, "node_modules/@acme/left/package.json"), "utf8"));
    expect(left.version).toBe("1.3.0");
    expect((await ada.mirror("logout")).code).toBe(0);
  });

  test("P-18 check says where packages come from, and a private name comes from nowhere else", async () => {
    const wanted = ada.file("requirements.txt", "My.App==3.0\nacme-core\nacme-tools\n");
    const before = await ada.mirror("check", wanted, ...TEAM, "--private", "acme-*");
    expect(before.stdout).toMatch(/^acme-core +own, from team {2}private/m);
    expect(before.stdout).toMatch(/^acme-tools +from outside, public:pypi by pypi-store {2}PRIVATE BUT OPEN$/m);
    expect(before.stdout).toMatch(/^my-app 3\.0 +from outside, public:pypi by pypi-store$/m);
    expect(before.code).toBe(1);

    expect(await ada.mirror("private", "acme-tools", "--format", "pypi", ...TEAM)).toMatchObject({ code: 0 });
    const after = await ada.mirror("check", wanted, ...TEAM, "--private", "acme-*");
    expect(after.stdout).toMatch(/^acme-tools +nowhere/m);
    expect(after.code).toBe(0);
    const asked = upstream.count("acme-tools");
    const missing = await ada.mirror("exec", ...TEAM, "--", "/usr/bin/pip", "download", "--no-deps", "acme-tools");
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("No matching distribution") });
    expect(upstream.count("acme-tools")).toBe(asked);
  });

  test("P-16 a token ends with its session: 401 and what to do; after refresh the next install passes", async () => {
    await stop();
    const [first, next] = [accessKey("AKIASESSIONSESSION1"), accessKey("AKIASESSIONSESSION2")];
    // Long enough on a busy machine, and no longer than that on a quiet one.
    const ends = Date.now() + 20_000 + 4 * loginMs;
    const keys = join(state, "access-keys");
    const expiration = `expiration = ${new Date(ends).toISOString()}\n`;
    const text = `${readFileSync(keys, "utf8")}\n[first]\n${first}${expiration}\n[next]\n${next}`;
    writeFileSync(keys, text);
    await serve();

    ada.profile = "session";
    ada.giveCredentials(`[session]\n${first}`);
    for (const tool of ["pip", "npm"]) {
      const login = await ada.mirror("login", "--tool", tool, ...TEAM, "--duration", "0");
      expect([login.stderr, login.code]).toEqual(["", 0]);
    }
    const old = tokenOfPip();
    expect((await ada.pip("speedy")).packages).toEqual(["speedy 0.1"]);

    // One command begins before the end, and installs after it.
    const late = `sleep ${Math.ceil((ends - Date.now()) / 1000) + 1}; exec /usr/bin/pip install --target late speedy`;
    const running = ada.mirror("exec", ...TEAM, "--duration", "0", "--", "sh", "-c", late);
    await delay(ends - Date.now() + 1000);
    // Without -vv pip says no word of a 401, whatever the index answers.
    const failed = await ada.pip("-vv", "speedy");
    expect([failed.code, failed.packages]).toEqual([1, []]);
    const hint = "the token has expired; get a new one: aws codeartifact login, or sallyport mirror login";
    expect(failed.output).toContain(`401 Client Error: Unauthorized: ${hint}`);
    const npm = await ada.npm(ada.project(), "install", "right");
    expect([npm.output, npm.packages]).toEqual([expect.stringContaining("E401"), []]);
    const curl = ["-sS", "--cacert", join(dir, "cert"), "-u", `aws:${old}`, `${ENDPOINT}/pypi/team/simple/speedy/`];
    expect((await ada.run("curl", curl)).output).toContain(`"detail":"${hint}"`);
    const status = await ada.mirror("status");
    expect(status).toMatchObject({ code: 1, stderr: 'renew with "sallyport mirror refresh"\n' });
    const ran = await running;
    expect(ran.stderr).toContain(
      `the token ended ${new Date(Math.floor(ends / 1000) * 1000).toISOString().slice(0, 19)}`,
    );
    expect(ran.stderr).toContain("while the command ran: run it again, with a longer --duration");
    expect(ran.code).toBe(1);

    // The session is over, so there is nothing to renew with.
    const refused = await ada.mirror("refresh");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("pip was not renewed");
    expect(tokenOfPip()).toBe(old);

    ada.giveCredentials(`[session]\n${next}`);
    const renewed = await ada.mirror("refresh");
    expect([renewed.stderr, renewed.code]).toEqual(["", 0]);
    expect(renewed.stdout).toMatch(/^renewed pip: until \S+\nrenewed npm: until \S+\n$/);
    expect(tokenOfPip()).not.toBe(old);
    expect((await ada.pip("speedy")).packages).toEqual(["speedy 0.1"]);
    expect((await ada.npm(ada.project(), "install", "right")).packages).toEqual(RIGHT);
  });

  test("P-04 without the upstream, and after a restart, what was retained installs", async () => {
    await network.cutOutside();
    await stop();
    await serve();
    const app = await ada.pip("My_App[fast]");
    expect([app.output, app.packages]).toEqual([expect.any(String), APP]);
    const pinned = join(ada.home, "pinned.txt");
    expect((await ada.pip("--require-hashes", "-r", pinned)).packages).toEqual(["base 1.1"]);
    const right = await ada.npm(ada.project(), "install", "right");
    expect([right.output, right.packages]).toEqual([expect.any(String), RIGHT]);
    const missing = await ada.pip("never-asked-for");
    expect([missing.code, missing.packages]).toEqual([1, []]);
  });

  test("the log has no token and no secret", async () => {
    const token = tokenOfPip();
    await stop();
    expect(token.length).toBeGreaterThan(20);
    expect(log).toContain('"listening"');
    expect(log).not.toContain(token);
    for (const [, secret = ""] of readFileSync(join(state, "access-keys"), "utf8").matchAll(
      /secret_access_key = (.+)/g,
    ))
      expect(log).not.toContain(secret);
  });
});

/** @returns what was printed, where all went well. */
async function done(running: Promise<{ readonly code: number | null; readonly output: string }>): Promise<string> {
  const { code, output } = await running;
  expect([output, code]).toEqual([output, 0]);
  return output;
}

function fill(upstream: Upstream): void {
  upstream.add("base", base("1.0"), base("1.1"), { ...base("1.2"), yanked: "it was broken" }, base("2.0b1"));
  const extras = { fast: ["speedy"] };
  upstream.add("my-app", wheel({ name: "My.App", version: "3.0", requires: ["base>=1.0"], extras }));
  upstream.add("speedy", wheel({ name: "speedy", version: "0.1" }));
  upstream.add("only-source", sdist({ name: "only-source", version: "0.5" }));
  upstream.add("never-asked-for", wheel({ name: "never-asked-for", version: "1.0" }));
  // What somebody else has put there under the team's names.
  upstream.add("acme-core", wheel({ name: "acme-core", version: "99.0" }));
  upstream.add("acme-tools", wheel({ name: "acme-tools", version: "99.0" }));
  const left = { name: "@acme/left", version: "1.2.0" };
  for (const manifest of [
    left,
    { ...left, version: "1.3.0" },
    { ...left, version: "2.0.0-rc.1" },
    { name: "right", version: "0.1.0", dependencies: { "@acme/left": "^1.0.0" } },
  ]) {
    upstream.publish(manifest, npmTarball(manifest));
  }
  upstream.tags.set("@acme/left", { latest: "1.3.0", next: "2.0.0-rc.1" });
}

function accessKey(id: string): string {
  return `aws_access_key_id = ${id}\naws_secret_access_key = ${"s".repeat(20)}${id}\nregion = us-east-1\n`;
}
