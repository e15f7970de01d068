/** Where packages come from, which versions are retained, and which are never served. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { teamOver } from "../support/mirror.js";
import { npmTarball, sdist, sha256, wheel } from "../support/wheels.js";
import {
  FILE,
  fetchFile,
  foo,
  IMPATIENT,
  inEachTest,
  mirror,
  names,
  page,
  start,
  upload,
  upstream,
  versionsIn,
} from "./support/team.js";

inEachTest();

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

test("a directory of wheels and archives is an upstream, and files that are put into it appear", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-wheels-"));
  writeFileSync(join(dir, foo.name), foo.content);
  writeFileSync(join(dir, "notes.txt"), "no package");
  await start(teamOver("public:pypi"), { directoryTtlMs: 10 }, { "public:pypi": dir });
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
  await start(teamOver("public:npmjs"), {}, { "public:npmjs": dir });
  const response = await mirror.get("team", "@acme%2fleft", {}, "npm");
  expect(response.status).toBe(200);
  const { versions } = (await response.json()) as { versions: Record<string, { dist: { tarball: string } }> };
  const tarball = versions["1.2.3"]?.dist.tarball ?? "";
  expect(tarball).toBe(mirror.url("team", "@acme/left/-/left-1.2.3.tgz", "npm"));
  expect(Buffer.from(await (await fetch(tarball)).arrayBuffer()).equals(file.content)).toBe(true);
  rmSync(dir, { recursive: true });
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
