import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BEARER, CANARY, logged, startTestAgent, type TestAgent } from "../support/test-agent.js";
import { ask, open } from "../support/wire.js";

let agent: TestAgent;
const TEXT = "0123456789";
const LARGE = Buffer.alloc(1_000_003, "sallyport ");
const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("base64");

beforeAll(async () => {
  agent = await startTestAgent();
  const { shared, base } = agent;
  writeFileSync(join(shared, "text"), TEXT);
  utimesSync(join(shared, "text"), new Date("2026-01-02T03:04:05Z"), new Date("2026-01-02T03:04:05Z"));
  writeFileSync(join(shared, "empty"), "");
  writeFileSync(join(shared, "large"), LARGE);
  writeFileSync(join(shared, "ünï cödé 1"), "named");
  writeFileSync(Buffer.concat([Buffer.from(`${shared}/`), Buffer.from([0xff, 0xfe])]), "not UTF-8");
  writeFileSync(join(shared, ".sallyport-upload-00000000-x"), "half a file");
  mkdirSync(join(shared, "dir/deep"), { recursive: true });
  writeFileSync(join(shared, "dir/in"), "inside");
  symlinkSync(join(base, "canary"), join(shared, "link-out"));
  symlinkSync(base, join(shared, "dir-out"));
  symlinkSync("text", join(shared, "link-in"));
  symlinkSync("dir", join(shared, "dir-in"));
  execFileSync("mkfifo", [join(shared, "fifo")]);
  mkdirSync(join(agent.base, "data-evil"));
  writeFileSync(join(agent.base, "data-evil/file"), CANARY);
});
afterAll(() => agent.stop());

const get = (name: string, headers: Record<string, string> = {}, method = "GET") =>
  agent.ask(`/v1/files/shared/${name}`, { method, headers });

describe("GET of a file", () => {
  test("answers its bytes with length, time, a strong ETag and no content type that a browser would run", async () => {
    const { status, headers, body } = await get("text");
    expect(status).toBe(200);
    expect(body.toString()).toBe(TEXT);
    expect(headers).toMatchObject({
      "content-length": "10",
      "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT",
      "accept-ranges": "bytes",
      "content-type": "application/octet-stream",
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    });
    expect(headers.etag).toMatch(/^"[\w-]{22}"$/);
  });

  test.each([
    ["large", LARGE],
    ["empty", Buffer.alloc(0)],
    ["%C3%BCn%C3%AF%20c%C3%B6d%C3%A9%201", Buffer.from("named")],
    ["dir/in", Buffer.from("inside")],
    ["dir//./in", Buffer.from("inside")],
    ["text?download=1", Buffer.from(TEXT)],
  ])("of %s is byte for byte what is on the disk", async (name, content) => {
    const { status, headers, body } = await get(name);
    expect(status).toBe(200);
    expect(headers["content-length"]).toBe(String(content.length));
    expect(body.equals(content)).toBe(true);
  });

  test("HEAD has the same headers and no byte of content", async () => {
    const whole = await get("large");
    const head = await get("large", {}, "HEAD");
    expect(head.status).toBe(200);
    expect(head.body.length).toBe(0);
    for (const name of ["content-length", "etag", "last-modified", "accept-ranges"]) {
      expect(head.headers[name]).toBe(whole.headers[name]);
    }
  });

  test("the absolute form of the target is the same resource", async () => {
    const { body } = await agent.ask("https://elsewhere.example/v1/files/shared/text");
    expect(body.toString()).toBe(TEXT);
  });

  test("the ETag changes with the content, even when size and time are put back", async () => {
    const file = join(agent.shared, "changing");
    writeFileSync(file, "aaaa");
    const before = await get("changing");
    const { atime, mtime } = statSync(file);
    writeFileSync(file, "bbbb");
    utimesSync(file, atime, mtime);
    expect((await get("changing")).headers.etag).not.toBe(before.headers.etag);
  });

  test("a file that is cut short while it is sent breaks the connection instead of ending short", async () => {
    const file = join(agent.shared, "shrinking");
    writeFileSync(file, Buffer.alloc(64 * 1024 * 1024));
    const socket = await open(agent);
    const head = `GET /v1/files/shared/shrinking HTTP/1.1\r\nHost: h\r\nAuthorization: ${BEARER.Authorization}\r\n\r\n`;
    let received = 0;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.once("data", () => truncateSync(file, 1));
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.write(head);
    await closed;
    expect(received).toBeLessThan(64 * 1024 * 1024);
  });

  test("of a file that grows sends what was promised", async () => {
    const file = join(agent.shared, "growing");
    writeFileSync(file, "abc");
    appendFileSync(file, "def");
    expect((await get("growing")).body.toString()).toBe("abcdef");
  });
});

describe("ranges", () => {
  test.each([
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=4-", 206, "456789", "bytes 4-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=-99", 206, TEXT, "bytes 0-9/10"],
    ["bytes=9-99", 206, "9", "bytes 9-9/10"],
    ["BYTES=0-0", 206, "0", "bytes 0-0/10"],
    ["bytes=0-1,4-5", 200, TEXT, undefined],
    ["bytes=5-2", 200, TEXT, undefined],
    ["bytes=a-b", 200, TEXT, undefined],
    ["lines=1-2", 200, TEXT, undefined],
  ])("%s → %i", async (range, status, content, contentRange) => {
    const reply = await get("text", { Range: range });
    expect(reply.status).toBe(status);
    expect(reply.body.toString()).toBe(content);
    expect(reply.headers["content-range"]).toBe(contentRange);
  });

  test.each(["bytes=10-", "bytes=99-100", "bytes=-0"])("%s → 416 that tells the size", async (range) => {
    const reply = await get("text", { Range: range });
    expect(reply.status).toBe(416);
    expect(reply.headers["content-range"]).toBe("bytes */10");
  });

  test("a part in the middle of a large file is exact", async () => {
    const reply = await get("large", { Range: "bytes=300001-900000" });
    expect(reply.body.equals(LARGE.subarray(300_001, 900_001))).toBe(true);
  });

  test("If-Range with the current ETag gives the part; with another, or with a date, the whole", async () => {
    const { etag = "", "last-modified": date = "" } = (await get("text")).headers;
    const status = async (ifRange: string) => (await get("text", { Range: "bytes=0-0", "If-Range": ifRange })).status;
    expect(await status(etag)).toBe(206);
    expect(await status(date)).toBe(200);
    expect(await status('"other"')).toBe(200);
    expect(await status(`W/${etag}`)).toBe(200);
    expect(await status("Thu, 01 Jan 2026 00:00:00 GMT")).toBe(200);
  });
});

describe("conditional GET", () => {
  test.each([
    ["If-None-Match", "ETAG", 304],
    ["If-None-Match", "*", 304],
    ["If-None-Match", 'W/ETAG, "x"', 304],
    ["If-None-Match", '"other"', 200],
    ["If-Match", "ETAG", 200],
    ["If-Match", "*", 200],
    ["If-Match", '"other"', 412],
    ["If-Match", "W/ETAG", 412],
    ["If-Modified-Since", "Fri, 02 Jan 2026 03:04:05 GMT", 304],
    ["If-Modified-Since", "Fri, 02 Jan 2026 03:04:04 GMT", 200],
    ["If-Modified-Since", "yesterday", 200],
    ["If-Unmodified-Since", "Fri, 02 Jan 2026 03:04:05 GMT", 200],
    ["If-Unmodified-Since", "Fri, 02 Jan 2026 03:04:04 GMT", 412],
  ])("%s: %s → %i", async (name, value, status) => {
    const { etag = "" } = (await get("text")).headers;
    const reply = await get("text", { [name]: value.replace("ETAG", etag) });
    expect(reply.status).toBe(status);
    if (status === 304) {
      expect(reply.body.length).toBe(0);
      expect(reply.headers.etag).toBe(etag);
    }
  });
});

describe("digests", () => {
  test("Want-Repr-Digest makes the answer carry the SHA-256 of the whole file, of a part's file too", async () => {
    const want = { "Want-Repr-Digest": "sha-256=1" };
    const digest = `sha-256=:${sha256(LARGE)}:`;
    const part = await get("large", { ...want, Range: "bytes=0-9" });
    expect(part.headers["repr-digest"]).toBe(digest);
    expect(part.headers["content-digest"]).toBeUndefined();
    const whole = await get("large", want);
    expect(whole.headers).toMatchObject({ "repr-digest": digest, "content-digest": digest });
    expect((await get("large", want, "HEAD")).headers["repr-digest"]).toBe(digest);
  });

  test("once known it is sent unasked, until the file changes", async () => {
    writeFileSync(join(agent.shared, "digested"), "one");
    await get("digested", { "Want-Repr-Digest": "sha-512=3, sha-256=9" });
    expect((await get("digested")).headers["repr-digest"]).toBe(`sha-256=:${sha256("one")}:`);
    writeFileSync(join(agent.shared, "digested"), "two");
    expect((await get("digested")).headers["repr-digest"]).toBeUndefined();
  });

  test("a preference of 0 is a no", async () => {
    writeFileSync(join(agent.shared, "undigested"), "x");
    const reply = await get("undigested", { "Want-Repr-Digest": "sha-256=0" });
    expect(reply.headers["repr-digest"]).toBeUndefined();
  });
});

describe("a directory", () => {
  test("is listed in one order: files and directories; no links, FIFOs, unfinished uploads or unsayable names", async () => {
    const { status, headers, body } = await agent.ask("/v1/files/shared/dir/");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json");
    const { path, entries } = JSON.parse(body.toString());
    expect(path).toBe("shared/dir");
    const modified = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(entries).toEqual([
      { name: "deep", type: "directory", size: 0, modified },
      { name: "in", type: "file", size: 6, modified },
    ]);
    const root = JSON.parse((await agent.ask("/v1/files/shared")).body.toString());
    const names = root.entries.map((entry: { name: string }) => entry.name);
    expect(root.path).toBe("shared");
    expect(names).toEqual([...names].sort());
    expect(names).toContain("ünï cödé 1");
    for (const hidden of ["link-out", "link-in", "dir-out", "fifo", ".sallyport-upload-00000000-x"]) {
      expect(names).not.toContain(hidden);
    }
    expect(names.some((name: string) => name.includes("\uFFFD"))).toBe(false);
  });

  test("T-09: says how many entries it leaves out, and a name keeps its byte order mark", async () => {
    const dir = join(agent.shared, "mixed");
    mkdirSync(dir);
    for (const name of ["file", "\uFEFFmark", "line\nbreak", ".sallyport-upload-00000000-x"])
      writeFileSync(join(dir, name), "");
    symlinkSync("file", join(dir, "link"));
    execFileSync("mkfifo", [join(dir, "fifo")]);
    for (const name of [Buffer.from([0x66, 0xff]), "back\\slash"]) {
      writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from(name)]), "");
    }
    const { entries, not_shown } = JSON.parse((await get("mixed")).body.toString());
    expect(entries.map(({ name }: { name: string }) => name)).toEqual(["file", "line\nbreak", "\uFEFFmark"]);
    expect(not_shown).toBe(4);
    rmSync(dir, { recursive: true });
  });

  test("a file with a slash behind it is not there", async () => {
    expect((await get("text/")).status).toBe(404);
    expect((await get("text/.")).status).toBe(404);
  });

  test("of a thousand entries is listed whole", async () => {
    const dir = join(agent.shared, "many");
    mkdirSync(dir);
    for (let i = 0; i < 1000; i++) writeFileSync(join(dir, `f${i}`), "");
    expect(JSON.parse((await get("many")).body.toString()).entries).toHaveLength(1000);
  });
});

describe("what is not to be seen has one and the same answer", () => {
  test("missing, links (in or out, to files or directories), FIFOs, sockets, files used as directories", async () => {
    const server = createServer().listen(join(agent.shared, "socket"));
    const targets = ["nothing", "link-out", "link-in", "dir-out", "dir-out/canary", "dir-in/in", "fifo", "socket"];
    const replies = await Promise.all([...targets, "text/x", "fifo/x"].map((target) => get(target)));
    server.close();
    const shapes = replies.map(({ status, headers, body }) => ({
      status,
      type: headers["content-type"],
      body: body.toString().replace(/urn:request:[\w-]+/, "urn:request:ID"),
    }));
    expect(new Set(shapes.map((shape) => JSON.stringify(shape))).size).toBe(1);
    expect(shapes[0]).toMatchInlineSnapshot(`
      {
        "body": "{"type":"urn:sallyport:problem:not-found","title":"Not found","status":404,"detail":"there is nothing at this path","instance":"urn:request:ID"}",
        "status": 404,
        "type": "application/problem+json",
      }
    `);
  });

  test("the log, and only the log, tells them apart", async () => {
    const verdict = async (name: string) => {
      const { headers } = await get(name);
      return (await logged(agent, headers["x-request-id"])).verdict;
    };
    expect(await verdict("nothing")).toBe("missing");
    expect(await verdict("link-out")).toBe("outside");
    expect(await verdict("dir-out/canary")).toBe("outside");
    expect(await verdict("fifo")).toBe("special");
  });

  test("a FIFO with a blocked writer is not woken: opening it would be felt by the writer", async () => {
    const { spawn } = await import("node:child_process");
    const writer = spawn("sh", ["-c", 'echo started; echo x > "$0"; echo woken', join(agent.shared, "fifo")]);
    let said = "";
    writer.stdout.on("data", (chunk) => {
      said += chunk;
    });
    await new Promise((resolve) => writer.stdout.once("data", resolve));
    for (let i = 0; i < 50; i++) expect((await get("fifo")).status).toBe(404);
    writer.kill("SIGKILL");
    await new Promise((resolve) => writer.once("close", resolve));
    expect(said).toBe("started\n");
  });

  test("the directory data-evil beside the authorized directory data is outside", async () => {
    for (const target of ["/v1/files/data-evil/file", "/v1/files/data-evil", "/v1/files/data/../data-evil/file"]) {
      const reply = await agent.ask(target);
      expect(reply.status).toBe(404);
      expect(reply.raw.includes(CANARY)).toBe(false);
    }
  });
});

test("a hundred requests at once on as many connections each get their own bytes", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `c${i}`);
  for (const name of names) writeFileSync(join(agent.shared, name), name.repeat(30_000));
  const replies = await Promise.all(names.map((name) => ask(agent, `/v1/files/shared/${name}`, { headers: BEARER })));
  replies.forEach((reply, i) => {
    expect(reply.body.equals(readFileSync(join(agent.shared, names[i] ?? "")))).toBe(true);
  });
});
