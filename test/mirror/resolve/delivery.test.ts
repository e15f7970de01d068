/** How packages and pages come in from an upstream, go out to clients, and are uploaded. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { teamOver } from "../support/mirror.js";
import { type Trouble, troubles } from "../support/upstream.js";
import { wheel } from "../support/wheels.js";
import {
  FILE,
  fetchFile,
  foo,
  IMPATIENT,
  inEachTest,
  JSON_TYPE,
  mirror,
  names,
  page,
  start,
  temporaries,
  upload,
  upstream,
  versionsIn,
} from "./support/team.js";

inEachTest();

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
