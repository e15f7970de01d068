/** Upstreams whose index says what is not so, or says it in a form that others get along with. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestMirror, teamOver } from "../support/mirror.js";
import { Upstream } from "../support/upstream.js";
import { npmTarball, wheel } from "../support/wheels.js";

const JSON_TYPE = "application/vnd.pypi.simple.v1+json";
const FILE = "simple/foo/1.0/foo-1.0-py3-none-any.whl";
const foo = wheel({ name: "foo", version: "1.0", requires: ["base"] });

let upstream: Upstream;
let mirror: TestMirror;

beforeEach(async () => {
  upstream = await Upstream.start();
});
afterEach(async () => {
  await mirror?.destroy();
  await upstream.lose().catch(() => undefined);
});

async function start(connection = "public:pypi") {
  mirror = await TestMirror.start(
    teamOver(connection),
    { "public:pypi": upstream.url, "public:npmjs": upstream.registry },
    { headersMs: 2_000, idleMs: 2_000, indexTtlMs: 50 },
  );
}

const metadataInPage = async () => {
  const page = await (await mirror.get("team", "simple/foo/", { Accept: JSON_TYPE })).json();
  return (page as { files: { "core-metadata": unknown }[] }).files.map((file) => file["core-metadata"]);
};

test.each([
  ["is not there", 404, ""],
  ["has another digest", 200, "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n"],
])("P-110 where announced metadata %s, the wheel's are sent", async (_what, status, body) => {
  upstream.add("foo", foo);
  upstream.trouble = (req, res) => {
    if (req.url?.endsWith(".metadata") !== true) return false;
    res.writeHead(status).end(body);
    return true;
  };
  await start();
  // A digest that may be wrong would make pip refuse what is right.
  expect(await metadataInPage()).toEqual([true]);
  const sent = await mirror.get("team", `${FILE}.metadata`);
  expect([sent.status, await sent.text()]).toEqual([200, foo.metadata?.toString()]);
  const [known] = await metadataInPage();
  expect(known).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const wheelSent = await mirror.get("team", FILE);
  expect(Buffer.from(await wheelSent.arrayBuffer()).equals(foo.content)).toBe(true);
  expect(upstream.count(".metadata")).toBe(1);
});

test("P-110 where neither the metadata nor a whole wheel comes, the answer names the upstream", async () => {
  upstream.add("foo", { ...foo, claims: "0".repeat(64) });
  upstream.trouble = (req, res) => {
    if (req.url?.endsWith(".metadata") !== true) return false;
    res.writeHead(404).end();
    return true;
  };
  await start();
  const sent = await mirror.get("team", `${FILE}.metadata`);
  expect(sent.status).toBe(502);
  expect(await sent.json()).toMatchObject({ detail: expect.stringContaining("where its index says 0000") });
});

test("P-111 an index of JSON with a byte order mark is read, of either format", async () => {
  upstream.add("foo", foo);
  upstream.publish({ name: "left", version: "1.0.0" }, npmTarball({ name: "left", version: "1.0.0" }));
  upstream.mark = "\uFEFF";
  await start();
  expect((await mirror.get("team", "simple/foo/")).status).toBe(200);
  await mirror.destroy();
  await start("public:npmjs");
  const left = await mirror.get("team", "left", {}, "npm");
  expect([left.status, await left.json()]).toMatchObject([200, { "dist-tags": { latest: "1.0.0" } }]);
});
