/** `npm deprecate` sends the whole document of a package again, with messages in it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestMirror, teamOver } from "../support/mirror.js";
import { Upstream } from "../support/upstream.js";
import { npmTarball } from "../support/wheels.js";

interface Document {
  readonly name: string;
  readonly versions: Record<string, { deprecated?: unknown }>;
}

let upstream: Upstream;
let mirror: TestMirror;

beforeEach(async () => {
  upstream = await Upstream.start();
  for (const version of ["1.0.0", "1.1.0"]) {
    const manifest = { name: "left", version, deprecated: version === "1.0.0" ? "theirs" : false };
    upstream.publish(manifest, npmTarball(manifest));
  }
  mirror = await TestMirror.start(teamOver("public:npmjs"), { "public:npmjs": upstream.registry });
});
afterEach(async () => {
  await mirror.destroy();
  await upstream.lose();
});

const put = (name: string, body: unknown) =>
  fetch(mirror.url("team", name.replace("/", "%2f"), "npm"), { method: "PUT", body: JSON.stringify(body) });
const documentOf = async (name: string, accept = "application/json") =>
  (await (await mirror.get("team", `${name}?write=true`, { Accept: accept }, "npm")).json()) as Document;

async function publish(version: string): Promise<void> {
  const manifest = { name: "@acme/own", version, description: "ours" };
  const data = npmTarball(manifest).content.toString("base64");
  const sent = await put("@acme/own", {
    name: "@acme/own",
    versions: { [version]: manifest },
    _attachments: { "own.tgz": { content_type: "application/octet-stream", data } },
  });
  expect(sent.status).toBe(200);
}

async function deprecate(name: string, messages: Readonly<Record<string, string>>) {
  const document = await documentOf(name);
  for (const [version, message] of Object.entries(messages)) {
    const manifest = document.versions[version];
    if (manifest !== undefined) manifest.deprecated = message;
  }
  return put(name, document);
}

test("P-108 a version is deprecated, in both forms of the document, and taken back by an empty message", async () => {
  await publish("1.0.0");
  await publish("1.0.1");
  expect((await deprecate("@acme/own", { "1.0.0": "use 1.0.1" })).status).toBe(200);
  for (const accept of ["application/json", "application/vnd.npm.install-v1+json"]) {
    const { versions } = await documentOf("@acme/own", accept);
    expect([versions["1.0.0"]?.deprecated, versions["1.0.1"]?.deprecated]).toEqual(["use 1.0.1", undefined]);
  }
  expect((await deprecate("@acme/own", { "1.0.0": "" })).status).toBe(200);
  const { versions } = await documentOf("@acme/own");
  expect(versions["1.0.0"]).toMatchObject({ description: "ours", dist: expect.anything() });
  expect(Object.keys(versions["1.0.0"] ?? {})).not.toContain("deprecated");
});

test("P-108 what an upstream has cannot be deprecated here, and what it says stays", async () => {
  const refused = await deprecate("left", { "1.1.0": "ours" });
  expect([refused.status, await refused.json()]).toMatchObject([
    400,
    { detail: '"left@1.1.0" is not in "team" itself, so it cannot be deprecated there' },
  ]);
  expect((await put("left", await documentOf("left"))).status).toBe(200);
  expect((await documentOf("left")).versions["1.0.0"]?.deprecated).toBe("theirs");
});

test("P-108 a document without a tarball publishes nothing", async () => {
  const sent = await put("new", { name: "new", versions: { "1.0.0": { name: "new", version: "1.0.0" } } });
  expect([sent.status, await sent.json()]).toMatchObject([
    400,
    { detail: 'the document has no tarball of "new@1.0.0"' },
  ]);
});
