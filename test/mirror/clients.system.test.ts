/** The real pip, twine and npm against the packages: what they install, and from where. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { test } from "../fixtures/mirror.js";
import { Clients } from "./support/clients.js";
import { type TestMirror, teamOver } from "./support/mirror.js";
import { Upstream } from "./support/upstream.js";
import { npmTarball, sdist, wheel } from "./support/wheels.js";

let upstream: Upstream;
let mirror: TestMirror;
let startMirror: typeof TestMirror.start;
let clients: Clients;

test.beforeEach(async ({ startMirror: starting }) => {
  startMirror = starting;
  upstream = await Upstream.start();
  clients = new Clients();
});
test.afterEach(async () => {
  await upstream.lose().catch(() => undefined);
  clients.remove();
});

const QUICK = { headersMs: 2_000, idleMs: 2_000, downMs: 200, indexTtlMs: 100 };

async function start(connection = "public:pypi") {
  mirror = await startMirror(
    teamOver(connection),
    { "public:pypi": upstream.url, "public:npmjs": upstream.registry },
    QUICK,
  );
  return mirror.url(
    "team",
    connection === "public:pypi" ? "simple/" : "",
    connection === "public:pypi" ? "pypi" : "npm",
  );
}

function fill(): void {
  upstream.add("base", wheel({ name: "base", version: "1.0" }), wheel({ name: "base", version: "1.1" }));
  upstream.add("base", { ...wheel({ name: "base", version: "1.2" }), yanked: "it was broken" });
  upstream.add("base", wheel({ name: "base", version: "2.0b1" }));
  upstream.add("base", wheel({ name: "base", version: "1.9", requiresPython: ">=99" }));
  upstream.add(
    "my-app",
    wheel({ name: "My.App", version: "3.0", requires: ["base>=1.0"], extras: { fast: ["speedy"] } }),
  );
  upstream.add("speedy", wheel({ name: "speedy", version: "0.1" }));
  upstream.add("only-source", sdist({ name: "only-source", version: "0.5" }));
}

test.each(["json", "html"])(
  "pip installs with dependencies, extras, yanked and pre-releases from an index in %s, and without it",
  async (kind) => {
    upstream.html = kind === "html";
    fill();
    const index = await start();
    const first = await clients.pip(index, ["My_App[fast]"]);
    expect([first.output, first.code]).toEqual([expect.stringContaining("Successfully installed"), 0]);
    // The highest is yanked, one is a pre-release, one is for another Python.
    expect(first.packages).toEqual(["My_App 3.0", "base 1.1", "speedy 0.1"]);
    const pre = await clients.pip(index, ["--pre", "base"]);
    expect(pre.packages).toEqual(["base 2.0b1"]);
    const yanked = await clients.pip(index, ["base==1.2"]);
    expect(yanked.packages).toEqual(["base 1.2"]);
    expect(yanked.output).toContain("it was broken");
    const old = await clients.pip(index, ["base<1.1"]);
    expect(old.packages).toEqual(["base 1.0"]);

    await upstream.lose();
    const again = await clients.pip(index, ["My_App[fast]"]);
    expect(again.packages).toEqual(["My_App 3.0", "base 1.1", "speedy 0.1"]);
    const missing = await clients.pip(index, ["only-source"]);
    expect(missing.code).not.toBe(0);
  },
);

test("pip installs by --require-hashes, and refuses what has another hash", async () => {
  fill();
  const index = await start();
  const { sha256 } = wheel({ name: "base", version: "1.1" });
  const right = clients.requirements(`base==1.1 --hash=sha256:${sha256}\n`);
  expect((await clients.pip(index, ["--require-hashes", "-r", right])).packages).toEqual(["base 1.1"]);
  const wrong = clients.requirements(`base==1.1 --hash=sha256:${"0".repeat(64)}\n`);
  const refused = await clients.pip(index, ["--require-hashes", "-r", wrong]);
  expect(refused.output).toContain("DO NOT MATCH THE HASHES");
});

test("pip builds from a source archive", async () => {
  fill();
  const index = await start();
  const built = await clients.pip(index, ["--no-build-isolation", "--no-binary", ":all:", "only-source"]);
  expect([built.output, built.packages]).toEqual([expect.any(String), ["only_source 0.5"]]);
});

test("pip takes nothing whose hash is not what the upstream's index says", async () => {
  upstream.add("base", { ...wheel({ name: "base", version: "1.0" }), claims: "0".repeat(64) });
  const index = await start();
  const refused = await clients.pip(index, ["base"]);
  expect(refused.code).not.toBe(0);
  expect(refused.packages).toEqual([]);
  expect(refused.output).toContain("502");
});

test("P-15 twine publishes wheels and archives, and pip installs them", async () => {
  await start();
  const dir = clients.project();
  const files = [wheel({ name: "mine", version: "1.0" }), sdist({ name: "mine", version: "1.0" })];
  for (const { name, content } of files) writeFileSync(join(dir, name), content);
  const args = ["upload", "--non-interactive", "--disable-progress-bar", "-u", "aws", "-p", "x"];
  const paths = files.map(({ name }) => join(dir, name));
  const url = mirror.url("team", "");
  const sent = await execa("/usr/bin/twine", [...args, "--repository-url", url, ...paths], {
    env: clients.env,
    extendEnv: false,
    reject: false,
    all: true,
  });
  expect([sent.all, sent.exitCode]).toEqual([expect.any(String), 0]);
  expect((await clients.pip(`${url}simple/`, ["mine"])).packages).toEqual(["mine 1.0"]);
  expect(upstream.requests).toEqual([]);
});

test("npm installs with dependencies, scopes, tags and a lock file, and without the upstream", async () => {
  const left = { name: "@acme/left", version: "1.2.0" };
  for (const manifest of [
    left,
    { ...left, version: "1.3.0" },
    { ...left, version: "2.0.0-rc.1" },
    { name: "right", version: "0.1.0", dependencies: { "@acme/left": "^1.0.0" }, bin: { right: "index.js" } },
  ]) {
    upstream.publish(manifest, npmTarball(manifest));
  }
  upstream.tags.set("@acme/left", { latest: "1.3.0", next: "2.0.0-rc.1" });
  const registry = await start("public:npmjs");
  const dir = clients.project();
  const first = await clients.npm(registry, dir, ["install", "right"]);
  expect([first.output, first.code]).toEqual([expect.stringContaining("added 2 packages"), 0]);
  expect(first.packages).toEqual(["@acme/left@1.3.0", "right@0.1.0"]);
  const lock = readFileSync(join(dir, "package-lock.json"), "utf8");
  expect(lock).toContain(`${registry}@acme/left/-/left-1.3.0.tgz`);
  expect(lock).toContain("sha512-");
  const next = await clients.npm(registry, clients.project(), ["install", "@acme/left@next"]);
  expect(next.packages).toEqual(["@acme/left@2.0.0-rc.1"]);

  await upstream.lose();
  expect((await clients.npm(registry, dir, ["ci"])).packages).toEqual(first.packages);
  const fresh = await clients.npm(registry, clients.project(), ["install", "right"]);
  expect([fresh.output, fresh.packages]).toEqual([expect.any(String), first.packages]);
  const missing = await clients.npm(registry, clients.project(), ["install", "absent"]);
  expect(missing.code).not.toBe(0);
  expect(missing.output).toContain("the upstream public:npmjs cannot be reached");
});

test("npm publishes, tags, and cannot publish the same version twice", async () => {
  const registry = await start("public:npmjs");
  clients.writeNpmrc(`${registry.replace(/^http:/, "")}:_authToken=any\n`);
  const dir = clients.project();
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "@acme/own", version: "1.0.0", main: "index.js" }));
  writeFileSync(join(dir, "index.js"), "module.exports = 1;\n");
  const first = await clients.npm(registry, dir, ["publish"]);
  expect([first.output, first.code]).toEqual([expect.stringContaining("+ @acme/own@1.0.0"), 0]);
  const again = await clients.npm(registry, dir, ["publish", "--force"]);
  expect(again.code).not.toBe(0);
  const tagged = await clients.npm(registry, dir, ["dist-tag", "add", "@acme/own@1.0.0", "stable"]);
  expect([tagged.output, tagged.code]).toEqual([expect.any(String), 0]);
  const installed = await clients.npm(registry, clients.project(), ["install", "@acme/own@stable"]);
  expect(installed.packages).toEqual(["@acme/own@1.0.0"]);
  // Asked by npm itself, before there was one here; as often as the short time to live makes it.
  expect([...new Set(upstream.requests)]).toEqual(["GET /npm/@acme/own"]);
});
