import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { BEARER, CANARY, logged, startTestAgent, type TestAgent } from "../support/test-agent.js";
import { type Ask, open, parseReply } from "../support/wire.js";

let agent: TestAgent;
const digest = (content: string | Buffer) => `sha-256=:${createHash("sha256").update(content).digest("base64")}:`;
const put = (name: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  agent.ask(`/v1/files/shared/${name}`, { method: "PUT", body, headers });
const remove = (name: string, what: Ask = {}) => agent.ask(`/v1/files/shared/${name}`, { ...what, method: "DELETE" });
const file = (name: string) => join(agent.shared, name);
const read = (name: string) => readFileSync(file(name), "utf8");
const detail = (body: Buffer): unknown => JSON.parse(body.toString()).detail;
/** Everything under the authorized directory, to see that nothing was left behind. */
const tree = () => readdirSync(agent.shared, { recursive: true }).sort();

beforeAll(async () => {
  agent = await startTestAgent({ yaml: "max_upload_bytes: 3000000" });
  writeFileSync(join(agent.data, "kept"), "read-only");
  symlinkSync(agent.base, file("dir-out"));
  symlinkSync(join(agent.base, "canary"), file("link-out"));
  execFileSync("mkfifo", [file("fifo")]);
});
afterAll(() => agent.stop());

describe("PUT", () => {
  test("creates a file with 201, replaces it with 204, and answers ETag and SHA-256 that GET agrees with", async () => {
    const created = await put("new", "first");
    expect(created.status).toBe(201);
    expect(created.headers["repr-digest"]).toBe(digest("first"));
    const fetched = await agent.ask("/v1/files/shared/new");
    expect(fetched.body.toString()).toBe("first");
    expect(fetched.headers).toMatchObject({
      etag: created.headers.etag,
      "last-modified": created.headers["last-modified"],
      "repr-digest": digest("first"),
      "content-digest": digest("first"),
    });
    const replaced = await put("new", "second");
    expect(replaced.status).toBe(204);
    expect(replaced.headers.etag).not.toBe(created.headers.etag);
    expect(read("new")).toBe("second");
  });

  test.each([0, 1, 65_537, 2_000_003])("of %i bytes arrives byte for byte", async (size) => {
    const content = Buffer.alloc(size, "sallyport!");
    expect((await put(`size-${size}`, content)).status).toBe(201);
    expect(readFileSync(file(`size-${size}`)).equals(content)).toBe(true);
  });

  test("takes a body in chunks", async () => {
    const head = `PUT /v1/files/shared/chunked HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n`;
    const reply = await agent.send(
      `${head}Authorization: ${BEARER.Authorization}\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`,
    );
    expect(parseReply(reply).status).toBe(201);
    expect(read("chunked")).toBe("abcdefg");
  });

  test("makes missing parents, and takes them away again when the upload fails", async () => {
    expect((await put("p/q/r/file", "deep")).status).toBe(201);
    expect(read("p/q/r/file")).toBe("deep");
    const before = tree();
    expect((await put("p/x/y/file", "deep", { "Content-Digest": digest("other") })).status).toBe(400);
    expect(tree()).toEqual(before);
  });

  test("keeps the permission bits of what it replaces", async () => {
    writeFileSync(file("script"), "old");
    chmodSync(file("script"), 0o750);
    await put("script", "new");
    expect(statSync(file("script")).mode & 0o777).toBe(0o750);
  });

  test("waits for 100 Continue only where the file would be taken", async () => {
    const head = (target: string) =>
      `PUT ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\nExpect: 100-continue\r\n` +
      `Authorization: ${BEARER.Authorization}\r\n\r\n`;
    const socket = await open(agent);
    socket.write(head("/v1/files/shared/expected"));
    const first = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
    expect(first.toString()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    const second = new Promise<Buffer>((resolve) => socket.once("data", resolve));
    socket.write("ok");
    expect(parseReply(await second).status).toBe(201);
    socket.destroy();
    expect((await agent.send(head("/v1/files/data/refused"))).toString()).toMatch(/^HTTP\/1.1 403 /);
  });

  test.each(["Content-Digest", "Repr-Digest"])(
    "verifies %s and keeps the old file where it is wrong",
    async (field) => {
      writeFileSync(file("verified"), "old");
      const wrong = await put("verified", "new", { [field]: digest("other") });
      expect(wrong.status).toBe(400);
      expect(detail(wrong.body)).toBe(`the content received is not the one that ${field} names`);
      expect(read("verified")).toBe("old");
      const broken = await put("verified", "new", { [field]: "sha-256=:abc:" });
      expect(detail(broken.body)).toBe(`${field} holds no SHA-256 of the form sha-256=:BASE64:`);
      expect((await put("verified", "new", { [field]: `sha-512=:xyz:, ${digest("new")}` })).status).toBe(204);
      expect(read("verified")).toBe("new");
    },
  );

  test("If-None-Match: * creates only, If-Match replaces only what the client knows", async () => {
    expect((await put("guarded", "1", { "If-Match": "*" })).status).toBe(412);
    const { status, headers } = await put("guarded", "1", { "If-None-Match": "*" });
    expect(status).toBe(201);
    expect((await put("guarded", "2", { "If-None-Match": "*" })).status).toBe(412);
    expect((await put("guarded", "2", { "If-Match": '"other"' })).status).toBe(412);
    expect(read("guarded")).toBe("1");
    expect((await put("guarded", "2", { "If-Match": headers.etag ?? "" })).status).toBe(204);
    expect((await put("guarded", "3", { "If-Match": headers.etag ?? "" })).status).toBe(412);
    expect(read("guarded")).toBe("2");
  });

  test("of twenty at once with If-None-Match: * exactly one wins", async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => `writer ${i} `.repeat(5000));
    const replies = await Promise.all(bodies.map((body) => put("race", body, { "If-None-Match": "*" })));
    const statuses = replies.map((reply) => reply.status).sort();
    expect(statuses).toEqual([201, ...Array(19).fill(412)]);
    expect(read("race")).toBe(bodies[replies.findIndex((reply) => reply.status === 201)]);
  });

  test("of many at once to one name leaves one of them whole", async () => {
    const bodies = Array.from({ length: 16 }, (_, i) => `${i},`.repeat(100_000));
    const replies = await Promise.all(bodies.map((body) => put("contended", body)));
    for (const { status } of replies) expect([201, 204]).toContain(status);
    expect(bodies).toContain(read("contended"));
  });

  test.each([
    ["dir-out/file", 404, "there is nothing at this path"],
    ["dir-out/home/shared/file", 404, "there is nothing at this path"],
    ["link-out", 404, "there is nothing at this path"],
    ["fifo", 404, "there is nothing at this path"],
    ["fifo/file", 404, "there is nothing at this path"],
    ["name/", 404, "there is nothing at this path"],
    ["", 409, "there is a directory at this path"],
    ["taken-dir", 409, "there is a directory at this path"],
    ["taken-file/x", 409, "a part of this path is a file, so nothing can lie under it"],
    [".sallyport-upload-x", 400, 'names that begin with ".sallyport-upload-" are the agent\'s own'],
    [`${"n".repeat(256)}`, 400, "a name has at most 255 bytes"],
    [`${"d/".repeat(129)}f`, 400, "a path has at most 128 names"],
  ])("to %j is refused with %i and changes nothing", async (name, status, text) => {
    mkdirSync(file("taken-dir"), { recursive: true });
    writeFileSync(file("taken-file"), "");
    const before = tree();
    const reply = await put(name, "evil");
    expect(reply.status).toBe(status);
    expect(detail(reply.body)).toBe(text);
    expect(tree()).toEqual(before);
    expect(readFileSync(join(agent.base, "canary"), "utf8")).toBe(CANARY);
    expect(lstatSync(file("link-out")).isSymbolicLink()).toBe(true);
  });

  test("over the limit is 413, told by its length or found out on the way, and the client can read it", async () => {
    const told = await put("huge", Buffer.alloc(3_000_001));
    expect(told.status).toBe(413);
    expect(detail(told.body)).toBe("a file may have at most 3000000 bytes");
    const head = `PUT /v1/files/shared/huge HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nAuthorization: `;
    const body = `${(3_000_001).toString(16)}\r\n${"x".repeat(3_000_001)}\r\n0\r\n\r\n`;
    const found = parseReply(await agent.send(`${head}${BEARER.Authorization}\r\n\r\n${body}`));
    expect(found.status).toBe(413);
    expect(existsSync(file("huge"))).toBe(false);
  });

  test("with Content-Range or Content-Encoding is refused: it would not be the whole file", async () => {
    expect(detail((await put("part", "x", { "Content-Range": "bytes 0-0/9" })).body)).toBe(
      "Content-Range is for a PUT with an Upload-Id",
    );
    const packed = await put("packed", "x", { "Content-Encoding": "gzip" });
    expect(packed.status).toBe(415);
    expect(detail(packed.body)).toBe("send the content as it is, without Content-Encoding");
  });

  test("that breaks off leaves the old file, no temporary, and says so in the log", async () => {
    writeFileSync(file("broken"), "old");
    const before = tree();
    const socket = await open(agent);
    socket.on("error", () => undefined);
    const head = `PUT /v1/files/shared/broken HTTP/1.1\r\nHost: h\r\nX-Request-Id: broken-off\r\nContent-Length: 1000000\r\n`;
    socket.write(`${head}Authorization: ${BEARER.Authorization}\r\n\r\n${"x".repeat(600_000)}`);
    while (tree().length === before.length) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    expect(await logged(agent, "broken-off")).toMatchObject({ verdict: "aborted", method: "PUT" });
    while (tree().length !== before.length) await new Promise((resolve) => setImmediate(resolve));
    expect(read("broken")).toBe("old");
  });
});

describe("DELETE", () => {
  test("removes a file or an empty directory with 204, and then it is missing", async () => {
    writeFileSync(file("gone"), "");
    mkdirSync(file("gone-dir"));
    for (const name of ["gone", "gone-dir"]) {
      expect((await remove(name)).status).toBe(204);
      expect(existsSync(file(name))).toBe(false);
      expect((await remove(name)).status).toBe(404);
    }
  });

  test.each([
    ["", 403, "an authorized directory itself cannot be changed"],
    ["full", 409, "the directory is not empty"],
    ["full/in/", 404, "there is nothing at this path"],
    ["link-out", 404, "there is nothing at this path"],
    ["dir-out/canary", 404, "there is nothing at this path"],
    ["dir-out", 404, "there is nothing at this path"],
    ["fifo", 404, "there is nothing at this path"],
  ])("of %j is refused with %i and changes nothing", async (name, status, text) => {
    mkdirSync(file("full"), { recursive: true });
    writeFileSync(file("full/in"), "");
    const before = tree();
    const reply = await remove(name);
    expect(reply.status).toBe(status);
    expect(detail(reply.body)).toBe(text);
    expect(tree()).toEqual(before);
    expect(existsSync(join(agent.base, "canary"))).toBe(true);
  });

  test("If-Match protects what has changed", async () => {
    writeFileSync(file("matched"), "");
    expect((await remove("matched", { headers: { "If-Match": '"other"' } })).status).toBe(412);
    const { etag = "" } = (await agent.ask("/v1/files/shared/matched")).headers;
    expect((await remove("matched", { headers: { "If-Match": etag } })).status).toBe(204);
  });
});

describe("a directory that is ro", () => {
  test.each([
    ["PUT", "/v1/files/data/kept"],
    ["PUT", "/v1/files/data/new"],
    ["DELETE", "/v1/files/data/kept"],
    ["DELETE", "/v1/files/data"],
  ])("%s %s is 403", async (method, target) => {
    const reply = await agent.ask(target, defined({ method, body: method === "PUT" ? "x" : undefined }));
    expect(reply.status).toBe(403);
    expect(detail(reply.body)).toBe('the directory "data" is read-only');
    expect(readdirSync(agent.data)).toEqual(["kept"]);
    expect(readFileSync(join(agent.data, "kept"), "utf8")).toBe("read-only");
  });
});

test("other methods are 405 and told what is allowed", async () => {
  for (const method of ["POST", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "MOVE"]) {
    const reply = await agent.ask("/v1/files/shared/new", { method });
    expect([method, reply.status, reply.headers.allow]).toEqual([method, 405, "GET, HEAD, PUT, DELETE"]);
  }
  expect((await agent.ask("/v1/files/data/kept", { method: "POST" })).headers.allow).toBe("GET, HEAD");
});
