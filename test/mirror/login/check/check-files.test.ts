/** `mirror check` and its exit status, with a server in the place of AWS and of the index: every package is the domain's own. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { runInProcess } from "../../../support/run-cli.js";

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    const answers: Record<string, unknown> = {
      "/v1/authorization-token": { authorizationToken: "t", expiration: Date.now() / 1000 + 900 },
      "/v1/repository/endpoint": { repositoryEndpoint: `${url}/${searchParams.get("format")}/team/` },
      "/v1/repository": { repository: { upstreams: [], externalConnections: [] } },
      "/v1/package": { package: { originConfiguration: { restrictions: { publish: "ALLOW", upstream: "BLOCK" } } } },
      "/v1/package/versions": { versions: [{ version: "1.0.0", origin: { originType: "INTERNAL" } }] },
    };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answers[pathname] ?? {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-check-"));
  // The AWS SDK reads the environment of its process.
  const own = { HOME: dir, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  for (const [name, value] of Object.entries(own)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

async function check(name: string, text: string) {
  await writeFile(join(dir, name), text.replaceAll("MIRROR", url));
  const repository = ["--domain", "tools", "--repository", "team", "--region", "eu-west-1", "--endpoint-url", url];
  const ran = await runInProcess(["mirror", "check", name, ...repository], { env: { HOME: dir }, cwd: dir });
  return { ...ran, stdout: ran.stdout.replaceAll(url, "MIRROR"), stderr: ran.stderr.replaceAll(url, "MIRROR") };
}

const lock = (resolved: string | undefined) =>
  JSON.stringify({ lockfileVersion: 3, packages: { "": {}, "node_modules/a": { version: "1.0.0", resolved } } });
const OWN = "own, from team";
const POETRY = '[metadata]\nlock-version = "2.0"\n';
const V1 = "# yarn lockfile v1\n\n\n";
const BERRY = '__metadata:\n  version: 8\n\n"p@workspace:.":\n  resolution: "p@workspace:."\n\n';
const PNPM = "lockfileVersion: '9.0'\npackages:\n";
const past = (where: string) => `from outside, past the mirror: ${where}`;

test.each([
  ["no URL", undefined, 0, OWN],
  ["the mirror's URL", "MIRROR/npm/team/a/-/a-1.0.0.tgz", 0, OWN],
  ["npm's URL, which npm replaces", "https://registry.npmjs.org/a/-/a-1.0.0.tgz", 0, OWN],
  ["another host's", "https://evil.example/a/-/a-1.0.0.tgz", 1, past("https://evil.example/a/-/a-1.0.0.tgz")],
  ["another package's", "MIRROR/npm/team/evil/-/evil-1.0.0.tgz", 1, past("MIRROR/npm/team/evil/-/evil-1.0.0.tgz")],
  ["a Git repository's", "git+https://evil.example/a.git", 1, past("git+https://evil.example/a.git")],
])("P-102 a lock file with %s", async (_, resolved, code, where) => {
  const ran = await check("package-lock.json", lock(resolved));
  expect(ran).toMatchObject({ code, stdout: `${"a 1.0.0".padEnd(32)}  ${where}\n`, stderr: "" });
});

test.each([
  ["a==1.0.0", 0, `${"a 1.0.0".padEnd(32)}  ${OWN}\n`],
  ["a @ MIRROR/pypi/team/simple/a/1.0.0/a-1.0.0.whl", 0, `${"a".padEnd(32)}  ${OWN}\n`],
  ["a @ https://me:secret@x/a.whl", 1, `${"a".padEnd(32)}  ${past("https://x/a.whl")}\n`],
  ["--extra-index-url https://me:secret@x/simple", 1, "https://x/simple  from outside, past the mirror\n"],
  ["-i https://x/simple", 1, "https://x/simple  from outside, past the mirror\n"],
  ["--extra-index-url MIRROR/pypi/team/simple/", 0, "\n"],
  ["-e git+https://x/a", 1, "git+https://x/a  from outside, past the mirror\n"],
  ["./a", 0, "./a  not from an index: not looked up\n"],
])("P-102 a requirements file with %s", async (text, code, stdout) => {
  expect(await check("requirements.txt", text)).toMatchObject({ code, stdout });
});

/** A package `a 1.0.0`, and where it comes from. */
test.each<[string, string, number, string]>([
  // Poetry writes no source for packages of PyPI's.
  ["poetry.lock", `[[package]]\nname = "a"\nversion = "1.0.0"\n${POETRY}`, 1, past("https://pypi.org/simple/a/")],
  [
    "poetry.lock",
    `[[package]]\nname = "a"\nversion = "1.0.0"\n[package.source]\ntype = "legacy"\nurl = "MIRROR/pypi/team/simple"\n${POETRY}`,
    0,
    OWN,
  ],
  [
    "poetry.lock",
    `[[package]]\nname = "a"\nversion = "1.0.0"\n[package.source]\ntype = "git"\nurl = "https://me:pw@git.example/a"\n${POETRY}`,
    1,
    past("https://git.example/a"),
  ],
  [
    "uv.lock",
    'version = 1\n[[package]]\nname = "a"\nversion = "1.0.0"\nsource = { registry = "MIRROR/pypi/team/simple/" }\nwheels = [{ url = "MIRROR/pypi/team/simple/a/1.0.0/a-1.0.0-py3-none-any.whl" }]\n',
    0,
    OWN,
  ],
  [
    "uv.lock",
    'version = 1\n[[package]]\nname = "a"\nversion = "1.0.0"\nsource = { registry = "MIRROR/pypi/team/simple/" }\nsdist = { url = "https://files.example/a.tar.gz" }\n',
    1,
    past("https://files.example/a.tar.gz"),
  ],
  [
    "yarn.lock",
    `${V1}a@^1.0.0, "a@1.x":\n  version "1.0.0"\n  resolved "MIRROR/npm/team/a/-/a-1.0.0.tgz#${"0".repeat(40)}"\n  integrity sha512-x\n`,
    0,
    OWN,
  ],
  // Yarn 1 downloads from there, where npm would replace the host.
  [
    "yarn.lock",
    `${V1}"b@npm:a@^1.0.0":\n  version "1.0.0"\n  resolved "https://registry.npmjs.org/a/-/a-1.0.0.tgz#${"0".repeat(40)}"\n`,
    1,
    past("https://registry.npmjs.org/a/-/a-1.0.0.tgz"),
  ],
  [
    "yarn.lock",
    `${V1}a@^1.0.0:\n  version "1.0.0"\n  resolved "https:\\u002f\\u002fx.example/a.tgz"\n  integrity sha512-x==\n  dependencies:\n    b "^1.0.0"\n`,
    1,
    past("https://x.example/a.tgz"),
  ],
  ["yarn.lock", `${BERRY}"b@npm:a@^1.0.0":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n`, 0, OWN],
  [
    "yarn.lock",
    `${BERRY}"a@npm:^1.0.0":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fx.example%2Fa.tgz"\n`,
    1,
    past("https://x.example/a.tgz"),
  ],
  ["pnpm-lock.yaml", `${PNPM}  a@1.0.0:\n    resolution: {integrity: sha512-x}\n`, 0, OWN],
  [
    "pnpm-lock.yaml",
    `lockfileVersion: '6.0'\npackages:\n  /a@1.0.0(b@2.0.0):\n    resolution: {integrity: sha512-x}\n`,
    0,
    OWN,
  ],
  [
    "pnpm-lock.yaml",
    `${PNPM}  a@1.0.0:\n    resolution: {integrity: sha512-x, tarball: 'https://registry.npmjs.org/a/-/a-1.0.0.tgz'}\n`,
    1,
    past("https://registry.npmjs.org/a/-/a-1.0.0.tgz"),
  ],
])("P-103 %s is read as what it is: %j", async (name, text, code, where) => {
  const ran = await check(name, text);
  const lines = ran.stdout.split("\n").filter((line) => line !== "");
  expect([ran.code, lines.at(-1)]).toEqual([code, `a 1.0.0                           ${where}`]);
});

test("P-103 what a lock file has of this machine is named, and git has no version of the registry's", async () => {
  const berry = `${BERRY}"d@file:./d":\n  version: 1.0.0\n  resolution: "d@file:./d#./d::hash=x"\n\n"g@https://git.example/g.git":\n  version: 1.0.0\n  resolution: "g@https://git.example/g.git#commit=c"\n`;
  expect((await check("yarn.lock", berry)).stdout).toMatch(
    /^g +from outside, past the mirror: https:\/\/git\.example.*\nd file:\.\/d/,
  );
  const pnpm = `${PNPM}  d@file:d:\n    resolution: {directory: d, type: directory}\n`;
  expect((await check("pnpm-lock.yaml", pnpm)).stdout).toBe("d d  not from an index: not looked up\n");
  const uv = 'version = 1\n[[package]]\nname = "p"\nsource = { editable = "." }\n';
  expect((await check("uv.lock", uv)).stdout).toBe("p .  not from an index: not looked up\n");
});

test.each([
  ["poetry.lock", '[[package]]\nname = "a"\nversion = "1.0.0"\n'],
  ["uv.lock", 'version = 1\n[[package]]\nname = "a"\n'],
  ["pdm.lock", '[[package]]\nname = "a"\n'],
  ["pylock.toml", 'lock-version = "1.0"\n'],
  ["pyproject.toml", '[project]\nname = "p"\ndependencies = ["a==1.0.0"]\n'],
  ["Pipfile", '[packages]\na = "*"\n'],
  ["Pipfile.lock", '{"default": {"a": {"version": "==1.0.0"}}}'],
  ["environment.yml", "dependencies:\n  - a=1.0.0\n"],
  ["poetry.lock", '[[package]]\nname = "a"\nversion = "1.0.0"\n[metadata]\nlock-version = "9.0"\n'],
  ["uv.lock", "version = 2\n"],
  ["yarn.lock", "# yarn lockfile v1\n\na:\n  resolved x\n"],
  ["yarn.lock", "__metadata:\n  version: 8\na:\n  version: 1.0.0\n"],
  ["pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n  /a/1.0.0:\n    resolution: {integrity: x}\n"],
  ["yarn.lock", ""],
  ["pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n"],
  // Yarn 1 reads a URL in each of these, in forms that it does not write.
  ...[
    '"resolved" "https://x/a.tgz"',
    'resolved  "https://x/a.tgz"',
    'resolved "https://x/a.tgz" # y',
    'resolved: "https://x/a.tgz"',
    'resolved "MIRROR/npm/team/a/-/a-1.0.0.tgz"\n  resolved "https://x/a.tgz"',
  ].map((line): [string, string] => ["yarn.lock", `${V1}a@^1.0.0:\n  version "1.0.0"\n  ${line}\n`]),
  ["pnpm-lock.yaml", `${PNPM}  a@1.0.0:\n    resolution: {type: binary, url: https://x/a.tgz, integrity: y}\n`],
  ["pnpm-lock.yaml", `x: &x {tarball: https://x/a.tgz}\n${PNPM}  a@1.0.0:\n    resolution: {integrity: y, <<: *x}\n`],
  ["pnpm-lock.yaml", "x: &x\n  packages: {}\nlockfileVersion: '9.0'\n<<: *x\n"],
  ["pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages: [a]\n"],
  ["go.sum", "example.com/a v1.0.0 h1:abc=\n"],
  ["bun.lock", '{"lockfileVersion": 1, "packages": {"a": ["a@1.0.0"]}}'],
  ["package.json", '{"dependencies": {}, "devDependencies": {"a": "1"}}'],
  ["other-name.lock", '[[package]]\nname = "a"\n'],
  ["other-name.yaml", "- a\n"],
  ["composer.json", '{"require": {"a": "1"}}'],
])("P-103 %s is refused, and never taken for requirements (%j)", async (name, text) => {
  const { code, stdout, stderr } = await check(name, text);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/is of a kind or version that check does not read|is no package-lock\.json|is no requirement/);
});
