/** Where packages come from, which versions are retained, and which are never served. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { UpstreamLimits } from "../../../mirror/upstream/limits.js";
import { type Layout, TestMirror, teamOver } from "../support/mirror.js";
import { type Trouble, troubles, Upstream } from "../support/upstream.js";
import { npmTarball, sdist, sha256, wheel } from "../support/wheels.js";

const JSON_TYPE = "application/vnd.pypi.simple.v1+json";
const IMPATIENT = { headersMs: 400, idleMs: 400, downMs: 300, indexTtlMs: 50, wholeVersions: false };

let upstream: Upstream;
let mirror: TestMirror;

beforeEach(async () => {
  upstream = await Upstream.start();
});
afterEach(async () => {
  await mirror?.destroy();
  await upstream.lose().catch(() => undefined);
});

async function start(layout: Layout = teamOver("public:pypi"), limits: Partial<UpstreamLimits> = IMPATIENT) {
  mirror = await TestMirror.start(layout, { "public:pypi": upstream.url, "public:npmjs": upstream.registry }, limits);
}

interface Page {
  readonly meta: { readonly "api-version": string };
  readonly versions: readonly string[];
  readonly files: readonly { readonly filename: string; readonly url: string; readonly yanked?: boolean | string }[];
}

async function page(repository: string, project: string): Promise<Page> {
  const response = await mirror.get(repository, `simple/${project}/`, { Accept: JSON_TYPE });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Page;
}

const names = async (repository: string, project: string) =>
  (await page(repository, project)).files.map(({ filename }) => filename).sort();

const versionsIn = async (repository: string, name: string, format: "pypi" | "npm" = "pypi") =>
  (await mirror.packages.versions(mirror.node(repository), { format, name }))?.map(({ version }) => version);

const FILE = "simple/foo/1.0/foo-1.0-py3-none-any.whl";
const foo = wheel({ name: "foo", version: "1.0" });

async function fetchFile(repository = "team", path = FILE): Promise<Buffer> {
  const response = await mirror.get(repository, path);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}

const temporaries = () => readdirSync(join(mirror.dir, "packages", "tmp"));

test("P-04 what an upstream delivered is retained in every repository on the way, and nothing else", async () => {
  upstream.add("foo", foo, wheel({ name: "foo", version: "2.0" }));
  await start();
  expect(await names("team", "foo")).toEqual(["foo-1.0-py3-none-any.whl", "foo-2.0-py3-none-any.whl"]);
  expect(await versionsIn("team", "foo")).toBeUndefined();
  expect((await fetchFile()).equals(foo.content)).toBe(true);
  expect(await versionsIn("team", "foo")).toEqual(["1.0"]);
  expect(await versionsIn("store", "foo")).toEqual(["1.0"]);
  const [version] = (await mirror.packages.versions(mirror.node("team"), { format: "pypi", name: "foo" })) ?? [];
  expect(version?.origin).toEqual({ type: "EXTERNAL", repository: "store", externalConnection: "public:pypi" });
  expect(await mirror.packages.describe(mirror.node("team"), { format: "pypi", name: "foo" })).toEqual({
    format: "pypi",
    name: "foo",
    origin: { publish: "BLOCK", upstream: "ALLOW" },
  });
  expect(await mirror.packages.assetBytes("tests")).toBe(foo.content.length);
});

test.each([
  ["the upstream is lost", async () => upstream.lose()],
  [
    "the upstream repository is deleted",
    async () => {
      const store = mirror.node("store");
      mirror.nodes.delete("store");
      await mirror.packages.repositoryDeleted(store);
    },
  ],
  ["the repositories are disconnected", async () => mirror.set("team", { upstreams: [] })],
  ["the connection is taken away", async () => mirror.set("store", { externalConnections: [] })],
  [
    "the version is deleted there",
    async () => {
      await mirror.packages.deleteVersion(mirror.node("store"), { format: "pypi", name: "foo" }, "1.0");
      upstream.projects.delete("foo");
    },
  ],
  [
    "the mirror was stopped meanwhile",
    async () => {
      await mirror.stop();
      await upstream.lose();
      await mirror.open();
    },
  ],
])("P-04 a retained version is listed and served when %s", async (_what, harm) => {
  upstream.add("foo", foo, wheel({ name: "foo", version: "2.0" }));
  await start();
  await fetchFile();
  await harm();
  await expect.poll(() => names("team", "foo")).toContain("foo-1.0-py3-none-any.whl");
  expect((await fetchFile()).equals(foo.content)).toBe(true);
  const metadata = await fetchFile("team", `${FILE}.metadata`);
  expect(metadata.equals(foo.metadata ?? Buffer.alloc(0))).toBe(true);
});

test("P-04 while the upstream is lost only what can be served is listed", async () => {
  upstream.add("foo", foo, sdist({ name: "foo", version: "1.0" }), wheel({ name: "foo", version: "2.0" }));
  await start();
  await fetchFile();
  await upstream.lose();
  await expect.poll(() => names("team", "foo")).toEqual(["foo-1.0-py3-none-any.whl"]);
  await upstream.resume();
  await expect.poll(async () => (await names("team", "foo")).length).toBe(3);
});

test("P-04 with nothing retained and the upstream lost, the answer says which upstream", async () => {
  await start();
  await upstream.lose();
  const response = await mirror.get("team", "simple/foo/");
  expect(response.status).toBe(502);
  const { detail } = (await response.json()) as { detail: string };
  expect(detail).toBe('"foo" is not retained here, and the upstream public:pypi cannot be reached (ECONNREFUSED)');
});

test("P-04 what nobody has is 404, for a package and for a file", async () => {
  upstream.add("foo", foo);
  await start();
  const response = await mirror.get("team", "simple/bar/");
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    detail: 'neither "team" nor its upstreams have the package "bar"',
  });
  expect((await mirror.get("team", "simple/foo/1.0/foo-1.0.tar.gz")).status).toBe(404);
  expect((await mirror.get("team", "simple/foo/2.0/foo-1.0-py3-none-any.whl")).status).toBe(404);
});

test("P-04 upstreams are asked in their order, each with its own before the next; the first hit wins", async () => {
  const files = ["a", "b", "c"].map((letter) => wheel({ name: "foo", version: "1.0", padding: letter.charCodeAt(0) }));
  await start({
    team: { upstreams: ["first", "second"] },
    first: { upstreams: ["deep", "team"] },
    second: {},
    deep: {},
  });
  for (const [index, repository] of ["second", "deep"].entries()) {
    expect((await upload(repository, "foo", "1.0", files[index] ?? foo)).status).toBe(200);
  }
  const got = await fetchFile();
  expect(sha256(got)).toBe(files[1]?.sha256);
  expect(await versionsIn("first", "foo")).toEqual(["1.0"]);
  expect(await versionsIn("team", "foo")).toEqual(["1.0"]);
});

test("P-04 the search stops at 25 repositories", async () => {
  const chain = Array.from({ length: 30 }, (_, index) => [`r${index}`, { upstreams: [`r${index + 1}`] }] as const);
  await start(Object.fromEntries(chain));
  expect((await upload("r24", "foo", "1.0", foo)).status).toBe(200);
  expect((await upload("r25", "bar", "1.0", wheel({ name: "bar", version: "1.0" }))).status).toBe(200);
  expect((await mirror.get("r0", "simple/foo/")).status).toBe(200);
  expect((await mirror.get("r0", "simple/bar/")).status).toBe(404);
});

test("P-04 new files of a retained version appear, what is retained stays what it is, and yanked is refreshed", async () => {
  upstream.add("foo", foo);
  await start();
  await fetchFile();
  const other = wheel({ name: "foo", version: "1.0", padding: 10 });
  upstream.projects.set("foo", [{ ...other, yanked: "broken" }, sdist({ name: "foo", version: "1.0" })]);
  await expect.poll(async () => (await page("team", "foo")).files).toHaveLength(2);
  const { files } = await page("team", "foo");
  expect(files.find(({ filename }) => filename === foo.name)).toMatchObject({
    yanked: "broken",
    hashes: { sha256: foo.sha256 },
  });
  expect((await fetchFile()).equals(foo.content)).toBe(true);
  await upstream.lose();
  // Yanking is recorded in the background, once the first page has shown it.
  await expect.poll(async () => (await page("team", "foo")).files).toMatchObject([{ yanked: "broken" }]);
});

test("P-04 the whole version comes in behind the first file of it", async () => {
  upstream.add("foo", foo, sdist({ name: "foo", version: "1.0" }), wheel({ name: "foo", version: "2.0" }));
  await start(teamOver("public:pypi"), { ...IMPATIENT, wholeVersions: true });
  await fetchFile();
  const assets = async () => mirror.packages.assets(mirror.node("team"), { format: "pypi", name: "foo" }, "1.0");
  await expect.poll(async () => (await assets())?.length).toBe(2);
  await upstream.lose();
  expect((await fetchFile("team", "simple/foo/1.0/foo-1.0.tar.gz")).length).toBeGreaterThan(0);
  expect(upstream.count("foo-2.0")).toBe(0);
});

test("P-18 a package that was published directly is not asked for upstream", async () => {
  upstream.add("foo", wheel({ name: "foo", version: "9.9" }));
  await start();
  expect((await upload("team", "foo", "1.0", foo)).status).toBe(200);
  expect(await names("team", "foo")).toEqual(["foo-1.0-py3-none-any.whl"]);
  expect(upstream.requests).toEqual([]);
  await mirror.packages.setOrigin(
    mirror.node("team"),
    { format: "pypi", name: "foo" },
    { publish: "ALLOW", upstream: "ALLOW" },
  );
  expect(await names("team", "foo")).toHaveLength(2);
});

test("P-18 a name blocked before it exists is asked of nobody, and one that came from upstream is not published", async () => {
  upstream.add("foo", foo);
  upstream.add("secret", wheel({ name: "secret", version: "9.9" }));
  await start();
  const secret = { format: "pypi", name: "secret" } as const;
  await mirror.packages.setOrigin(mirror.node("team"), secret, { publish: "ALLOW", upstream: "BLOCK" });
  expect((await mirror.get("team", "simple/secret/")).status).toBe(404);
  expect(upstream.requests).toEqual([]);
  await mirror.stop();
  await mirror.open();
  expect((await mirror.get("team", "simple/secret/")).status).toBe(404);
  await fetchFile();
  const refused = await upload("team", "foo", "1.1", wheel({ name: "foo", version: "1.1" }));
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    detail: 'the origin controls of "foo" in "team" block publishing: its versions come from an upstream',
  });
});

test("one asset that many ask for at once is fetched once, and all of them get it", async () => {
  const big = wheel({ name: "foo", version: "1.0", padding: 3_000_000 });
  upstream.add("foo", big);
  await start();
  const all = await Promise.all(Array.from({ length: 20 }, (_, index) => fetchFile(index % 2 ? "team" : "store")));
  expect(all.every((content) => content.equals(big.content))).toBe(true);
  expect(upstream.count(".whl")).toBe(1);
  expect(temporaries()).toEqual([]);
});

test.each(["json", "html"])(
  "a page in %s is asked for anew only when its time is over, and then by its ETag",
  async (kind) => {
    upstream.html = kind === "html";
    upstream.add("foo", foo);
    const tags: unknown[] = [];
    upstream.trouble = ({ headers }) => {
      tags.push(headers["if-none-match"]);
      return false;
    };
    await start(teamOver("public:pypi"), { ...IMPATIENT, indexTtlMs: 2_000 });
    const [first] = [await mirror.get("team", "simple/foo/"), await mirror.get("team", "simple/foo/")];
    expect(tags).toEqual([undefined]);
    await expect.poll(() => names("team", "foo").then(() => tags.length)).toBe(2);
    expect(tags[1]).toMatch(/^"[0-9a-f]{32}"$/);
    expect((await mirror.get("team", "simple/foo/")).headers.get("etag")).toBe(first?.headers.get("etag"));
  },
);

test.each<[string, Trouble, RegExp]>([
  ["cut in the middle", troubles.cut, /broke off|sent \d+ of \d+ bytes/],
  ["that ends too early", troubles.short, /sha256 [0-9a-f]{64} where its index says/],
  ["with one wrong byte", troubles.corrupt, /sent "foo-1.0-py3-none-any.whl" with sha256/],
  ["that does not come", troubles.silent, /did not answer within 400 ms/],
  ["that is refused", troubles.error, /answered "foo-1.0-py3-none-any.whl" with status 503/],
  ["that trickles", troubles.trickle, /sends too slowly/],
  ["that never ends", troubles.endless, /sends more than 1000000 bytes/],
  ["that is redirected for ever", troubles.redirecting, /redirects too often/],
])("a transfer %s is refused, leaves nothing, and can be tried again", async (_what, trouble, text) => {
  upstream.add("foo", foo);
  await start(teamOver("public:pypi"), { ...IMPATIENT, assetBytes: 1_000_000, windowMs: 600 });
  await names("team", "foo");
  upstream.trouble = (req, res, content) => req.url?.includes(".whl") === true && trouble(req, res, content);
  const response = await mirror.get("team", FILE);
  expect(response.status).toBe(502);
  const { detail } = (await response.json()) as { detail: string };
  expect(detail).toMatch(text);
  expect(detail).toContain("the upstream public:pypi");
  expect(await versionsIn("team", "foo")).toBeUndefined();
  expect(temporaries()).toEqual([]);
  upstream.trouble = () => false;
  await expect
    .poll(() =>
      fetchFile().then(
        (content) => content.equals(foo.content),
        () => false,
      ),
    )
    .toBe(true);
});

test("a large file that turns out to be corrupt is never wholly sent", async () => {
  const big = wheel({ name: "foo", version: "1.0", padding: 4_000_000 });
  upstream.add("foo", big);
  await start();
  await names("team", "foo");
  upstream.trouble = async (_req, res, content) => {
    if (content === undefined) return false;
    const wrong = Buffer.from(content);
    wrong[100] = 0;
    res.writeHead(200, { "Content-Length": wrong.length });
    // Slow enough that the client is sent some of it before the end.
    for (let at = 0; at < wrong.length; at += 100_000) {
      res.write(wrong.subarray(at, at + 100_000));
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    res.end();
    return true;
  };
  const response = await mirror.get("team", FILE);
  expect(response.status).toBe(200);
  await expect(response.arrayBuffer()).rejects.toThrow();
  expect(await versionsIn("team", "foo")).toBeUndefined();
  expect(temporaries()).toEqual([]);
});

test("an upstream that is silent is waited for once, not once per package", async () => {
  upstream.trouble = troubles.silent;
  await start(teamOver("public:pypi"), { ...IMPATIENT, downMs: 60_000 });
  for (const name of ["a", "b", "c", "d"]) expect((await mirror.get("team", `simple/${name}/`)).status).toBe(502);
  expect(upstream.requests).toEqual(["GET /simple/a/"]);
});

test("a blob that the disk lost or changed is fetched anew, and never served as it is", async () => {
  upstream.add("foo", foo);
  await start();
  await fetchFile();
  await mirror.stop();
  const blob = join(mirror.dir, "packages", "blobs", "sha256", foo.sha256.slice(0, 2), foo.sha256);
  const content = readFileSync(blob);
  content[50] = (content[50] ?? 0) ^ 1;
  writeFileSync(blob, content);
  await mirror.open();
  expect((await fetchFile()).equals(foo.content)).toBe(true);
  expect(upstream.count(".whl")).toBe(2);
});

test("what a killed process left is cleared at the start, and contents that nothing refers to go", async () => {
  upstream.add("foo", foo);
  await start();
  await fetchFile();
  writeFileSync(join(mirror.dir, "packages", "tmp", "half"), "half");
  await mirror.stop();
  await mirror.open();
  expect(temporaries()).toEqual([]);
  await mirror.packages.deletePackage(mirror.node("team"), { format: "pypi", name: "foo" });
  await mirror.packages.deletePackage(mirror.node("store"), { format: "pypi", name: "foo" });
  await mirror.stop();
  await mirror.open();
  const blobs = readdirSync(join(mirror.dir, "packages", "blobs", "sha256"), { recursive: true, encoding: "utf8" });
  expect(blobs.filter((name) => name.length > 10)).toEqual([]);
});

test("a directory of wheels and archives is an upstream, and files that are put into it appear", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-wheels-"));
  writeFileSync(join(dir, foo.name), foo.content);
  writeFileSync(join(dir, "notes.txt"), "no package");
  mirror = await TestMirror.start(teamOver("public:pypi"), { "public:pypi": dir }, { directoryTtlMs: 10 });
  expect(await names("team", "foo")).toEqual([foo.name]);
  expect((await fetchFile()).equals(foo.content)).toBe(true);
  const archive = sdist({ name: "foo", version: "1.5" });
  writeFileSync(join(dir, archive.name), archive.content);
  await expect.poll(() => names("team", "foo")).toEqual([foo.name, archive.name]);
  rmSync(dir, { recursive: true });
  await expect.poll(() => names("team", "foo")).toEqual([foo.name]);
  expect((await fetchFile()).equals(foo.content)).toBe(true);
});

test("a directory of npm tarballs is an upstream", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-tarballs-"));
  const file = npmTarball({ name: "@acme/left", version: "1.2.3", license: "MIT" });
  writeFileSync(join(dir, file.name), file.content);
  mirror = await TestMirror.start(teamOver("public:npmjs"), { "public:npmjs": dir });
  const response = await mirror.get("team", "@acme%2fleft", {}, "npm");
  expect(response.status).toBe(200);
  const { versions } = (await response.json()) as { versions: Record<string, { dist: { tarball: string } }> };
  const tarball = versions["1.2.3"]?.dist.tarball ?? "";
  expect(tarball).toBe(mirror.url("team", "@acme/left/-/left-1.2.3.tgz", "npm"));
  expect(Buffer.from(await (await fetch(tarball)).arrayBuffer()).equals(file.content)).toBe(true);
  rmSync(dir, { recursive: true });
});

test("P-05 names are normalised: another spelling is led to the one that counts", async () => {
  upstream.add("foo-bar", wheel({ name: "foo-bar", version: "1.0" }));
  await start();
  for (const [path, location] of [
    ["simple/Foo_Bar/", "../foo-bar/"],
    ["simple/foo.-_bar", "foo-bar/"],
    ["simple", "simple/"],
  ]) {
    const response = await mirror.get("team", path ?? "");
    expect([response.status, response.headers.get("location")]).toEqual([301, location]);
  }
  const followed = await fetch(mirror.url("team", "simple/Foo_Bar"));
  expect(followed.status).toBe(200);
  expect((await mirror.get("team", "simple/..%2f..%2fetc/")).status).toBe(404);
  expect((await mirror.get("team", "simple/-foo/")).status).toBe(404);
});

test("a page is sent in the form that is asked for, and not at all where the client has it", async () => {
  upstream.add("foo", { ...foo, requiresPython: ">=3.8", yanked: 'not "this" <one>' });
  await start();
  const json = await mirror.get("team", "simple/foo/", { Accept: `${JSON_TYPE}, text/html;q=0.1` });
  expect(json.headers.get("content-type")).toBe(JSON_TYPE);
  const html = await mirror.get("team", "simple/foo/", { Accept: "text/html" });
  expect(html.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const text = await html.text();
  expect(text).toContain('data-requires-python="&gt;=3.8"');
  expect(text).toContain('data-yanked="not &quot;this&quot; &lt;one&gt;"');
  expect(text).toContain(`href="1.0/foo-1.0-py3-none-any.whl#sha256=${foo.sha256}"`);
  const etag = json.headers.get("etag") ?? "";
  const again = await mirror.get("team", "simple/foo/", { Accept: JSON_TYPE, "If-None-Match": etag });
  expect(again.status).toBe(304);
  expect((await page("team", "foo")).meta["api-version"]).toBe("1.1");
});

test("an asset is sent in ranges, and conditionally", async () => {
  upstream.add("foo", foo);
  await start();
  await fetchFile();
  const part = await mirror.get("team", FILE, { Range: "bytes=2-5" });
  expect(part.status).toBe(206);
  expect(Buffer.from(await part.arrayBuffer()).equals(foo.content.subarray(2, 6))).toBe(true);
  expect((await mirror.get("team", FILE, { "If-None-Match": `"${foo.sha256}"` })).status).toBe(304);
  expect((await mirror.get("team", FILE, { Range: "bytes=99999999-" })).status).toBe(416);
});

test("a deleted repository that is made again has nothing of the one before", async () => {
  await start({ team: {} });
  await upload("team", "foo", "1.0", foo);
  await mirror.stop();
  mirror.set("team", { id: "11111111-0000-4000-8000-000000000000" });
  await mirror.open();
  expect((await mirror.get("team", "simple/foo/")).status).toBe(404);
  expect(readdirSync(join(mirror.dir, "packages", "records"))).toEqual([]);
});

function upload(
  repository: string,
  name: string,
  version: string,
  file: { name: string; content: Buffer },
  more: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  const fields = { ":action": "file_upload", protocol_version: "1", name, version, ...more };
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append("content", new Blob([new Uint8Array(file.content)]), file.name);
  return fetch(mirror.url(repository, ""), { method: "POST", body: form });
}

test.each<[string, string, string, { name: string; content: Buffer }, Record<string, string>, number, RegExp]>([
  ["with a false digest", "foo", "1.0", foo, { sha256_digest: "0".repeat(64) }, 400, /the sha256 of ."foo-1.0-py3/],
  ["under another name", "bar", "1.0", foo, {}, 400, /is not the name of a wheel or source archive of bar 1.0/],
  ["under another version", "foo", "1.1", foo, {}, 400, /of foo 1.1/],
  ["of no wheel", "foo", "1.0", { name: foo.name, content: Buffer.from("no") }, {}, 400, /it has no METADATA/],
  ["with a path", "foo", "1.0", { name: "../../foo-1.0.tar.gz", content: foo.content }, {}, 200, /OK/],
  ["of another action", "foo", "1.0", foo, { ":action": "remove" }, 400, /action." is ."remove/],
])("P-15 an upload %s", async (_what, name, version, file, more, status, text) => {
  await start({ team: {} });
  const response = await upload("team", name, version, file, more);
  expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(text)]);
  expect(temporaries()).toEqual([]);
});

test("P-15 what was uploaded cannot be changed; the same file again is no error", async () => {
  await start({ team: {} });
  expect((await upload("team", "Foo", "1.0", foo)).status).toBe(200);
  expect((await upload("team", "foo", "1.0", foo, { sha256_digest: foo.sha256 })).status).toBe(200);
  const other = wheel({ name: "foo", version: "1.0", padding: 5 });
  const refused = await upload("team", "foo", "1.0", other);
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    detail: '"foo-1.0-py3-none-any.whl" already exists and cannot be changed',
  });
  expect(await names("team", "foo")).toEqual([foo.name]);
});
