/** Uploads that break off and are continued. */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { StagedUploads } from "../../../agent/files/staged-uploads.js";
import { Temporaries } from "../../../agent/files/temporaries.js";
import { closeRoots, openRoots } from "../../../agent/guard/roots.js";
import { Upload } from "../../../agent/guard/upload.js";
import { BEARER, startTestAgent, type TestAgent } from "../support/test-agent.js";
import { open, type Reply } from "../support/wire.js";

const LIMIT = 3_000_000;
const data = Buffer.alloc(2_000_000, "goes on where it broke off; ");
const digest = (content: string | Buffer) => `sha-256=:${createHash("sha256").update(content).digest("base64")}:`;
const newId = () => randomUUID();

let agent: TestAgent;
beforeAll(async () => {
  agent = await startTestAgent({ yaml: `max_upload_bytes: ${LIMIT}` });
});
afterAll(() => agent.stop());

type Fields = Record<string, string>;
const put = (name: string, id: string, body: string | Buffer, headers: Fields = {}): Promise<Reply> =>
  agent.ask(`/v1/files/shared/${name}`, { method: "PUT", body, headers: { "Upload-Id": id, ...headers } });
const ask = (name: string, id: string, total: number | "*" = "*", headers: Fields = {}) =>
  put(name, id, "", { "Content-Range": `bytes */${total}`, ...headers });
const part = (start: number, end: number, total: number | "*" = data.length): Fields => ({
  "Content-Range": `bytes ${start}-${end - 1}/${total}`,
});
const offsetOf = ({ headers }: Reply) => Number(headers["upload-offset"]);
const shared = () => readdirSync(agent.shared, { recursive: true }).map(String);
const temporaries = () => shared().filter((name) => name.includes(".sallyport-upload-"));
const read = (name: string) => readFileSync(join(agent.shared, name));

/** Sends the head of an upload and some of its bytes. */
async function begin(name: string, id: string, bytes: number): Promise<Socket> {
  const socket = await open(agent);
  const fields = { Host: "h", ...BEARER, "Content-Length": String(data.length), "Upload-Id": id };
  const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\r\n`);
  socket.write(`PUT /v1/files/shared/${name} HTTP/1.1\r\n${lines.join("")}\r\n`);
  socket.write(data.subarray(0, bytes));
  return socket;
}

/** Breaks an upload off after some of its bytes have arrived. @returns how many are kept. */
async function breakOff(name: string, id: string): Promise<number> {
  const socket = await begin(name, id, 1_200_000);
  const arrived = () => Math.max(0, ...temporaries().map((file) => read(file).length));
  await expect.poll(arrived).toBeGreaterThanOrEqual(512 * 1024);
  socket.destroy();
  const reply = await ask(name, id);
  expect(reply.status).toBe(202);
  return offsetOf(reply);
}

describe("T-04: an upload with an id", () => {
  test("that breaks off goes on where it broke, and has no name before it is whole", async () => {
    const id = newId();
    const offset = await breakOff("sub/whole", id);
    expect(offset).toBeGreaterThanOrEqual(512 * 1024);
    expect(shared()).not.toContain("sub/whole");
    const listing = JSON.parse((await agent.ask("/v1/files/shared/sub")).body.toString());
    expect(listing.entries).toEqual([]);
    const reply = await put("sub/whole", id, data.subarray(offset), {
      ...part(offset, data.length),
      "Repr-Digest": digest(data),
    });
    expect(reply.status).toBe(201);
    expect(reply.headers["repr-digest"]).toBe(digest(data));
    expect(read("sub/whole").equals(data)).toBe(true);
    expect(temporaries()).toEqual([]);
    const got = await agent.ask("/v1/files/shared/sub/whole", { method: "HEAD" });
    expect(got.headers["repr-digest"]).toBe(digest(data));
  });

  test("that does not break off is as any other", async () => {
    const id = newId();
    expect(
      await put("plain", id, "one", { "Repr-Digest": digest("one"), "Content-Digest": digest("one") }),
    ).toMatchObject({
      status: 201,
      headers: { "repr-digest": digest("one") },
    });
    expect((await put("plain", id, "two")).status).toBe(204);
    expect(read("plain").toString()).toBe("two");
    expect((await put("empty", newId(), "")).status).toBe(201);
  });

  test("comes in parts of a size that is known at the end only", async () => {
    const id = newId();
    const first = await put("parts", id, data.subarray(0, 700_000), part(0, 700_000, "*"));
    expect([first.status, offsetOf(first)]).toEqual([202, 700_000]);
    const digests = { "Content-Digest": digest(data.subarray(700_000, 900_000)) };
    const second = await put("parts", id, data.subarray(700_000, 900_000), {
      ...part(700_000, 900_000, "*"),
      ...digests,
    });
    expect([second.status, offsetOf(second)]).toEqual([202, 900_000]);
    expect(shared()).not.toContain("parts");
    expect((await ask("parts", id, 900_000, { "Repr-Digest": digest(data.subarray(0, 900_000)) })).status).toBe(201);
    expect(read("parts").equals(data.subarray(0, 900_000))).toBe(true);
  });

  test("is told where to go on, if it begins anew or elsewhere", async () => {
    const id = newId();
    await put("told", id, data.subarray(0, 1_000), part(0, 1_000));
    for (const reply of [
      await put("told", id, data, { "Repr-Digest": digest(data) }),
      await put("told", id, data.subarray(5_000), part(5_000, data.length)),
    ]) {
      expect([reply.status, offsetOf(reply)]).toEqual([409, 1_000]);
      expect(JSON.parse(reply.body.toString()).detail).toBe("of this upload, 1000 bytes are here");
    }
    expect(offsetOf(await put("told", newId(), "xyz", part(1_000, 1_003)))).toBe(0);
    expect((await put("told", id, data.subarray(1_000), part(1_000, data.length))).status).toBe(201);
  });

  test("is one of its own for each file, and each id", async () => {
    const id = newId();
    await put("mine", id, "abc", part(0, 3, "*"));
    expect(offsetOf(await ask("mine", newId()))).toBe(0);
    expect(offsetOf(await ask("other", id))).toBe(0);
    expect(offsetOf(await ask("mine", id))).toBe(3);
    await ask("mine", id, 3);
  });

  test.each([
    [
      "the file has another digest",
      { "Repr-Digest": digest("other") },
      400,
      "the content received is not the one that Repr-Digest names",
    ],
    [
      "the part has another digest",
      { "Content-Digest": digest("other") },
      400,
      "the content received is not the one that Content-Digest names",
    ],
    ["the file is not to be replaced", { "If-None-Match": "*" }, 412, undefined],
  ])("ends, and nothing of it stays, where %s", async (_, headers, status, detail) => {
    writeFileSync(join(agent.shared, "kept"), "old");
    const id = newId();
    await put("kept", id, "abc", part(0, 3, 6));
    const reply = await put("kept", id, "def", { ...part(3, 6, 6), ...headers });
    expect(reply.status).toBe(status);
    if (detail !== undefined) expect(JSON.parse(reply.body.toString()).detail).toBe(detail);
    expect(read("kept").toString()).toBe("old");
    expect(temporaries()).toEqual([]);
    expect(offsetOf(await ask("kept", id))).toBe(0);
  });

  test("is as large as any other at most", async () => {
    const id = newId();
    await put("large", id, data, part(0, data.length, "*"));
    const more = await put("large", id, data, part(data.length, 2 * data.length, "*"));
    expect(more.status).toBe(413);
    await ask("large", id, data.length);
  });

  test("whose answer was lost is answered again, as long as the file is the one that was stored", async () => {
    const id = newId();
    const first = await put("lost", id, data, { "Repr-Digest": digest(data) });
    const again = await ask("lost", id, data.length);
    expect(again.status).toBe(201);
    expect(again.headers).toMatchObject({ etag: first.headers.etag, "repr-digest": digest(data) });
    writeFileSync(join(agent.shared, "lost"), "of another program");
    expect(offsetOf(await ask("lost", id, data.length))).toBe(0);
    expect(read("lost").toString()).toBe("of another program");
  });

  test("is taken over from a connection that the client has given up", async () => {
    const id = newId();
    const stalled = await begin("taken", id, 1_200_000);
    await expect.poll(() => temporaries().length).toBe(1);
    const cut = once(stalled, "close");
    stalled.on("error", () => undefined).resume();
    const offset = offsetOf(await ask("taken", id));
    await cut;
    expect((await put("taken", id, data.subarray(offset), part(offset, data.length))).status).toBe(201);
    expect(read("taken").equals(data)).toBe(true);
  });

  test("does not disturb another of the same content at the same time", async () => {
    const id = newId();
    const slow = await begin("both", id, 1_200_000);
    await expect.poll(() => temporaries().length).toBe(1);
    expect((await put("both", id, data)).status).toBe(201);
    const answer = once(slow, "data");
    slow.write(data.subarray(1_200_000));
    expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 204 /);
    slow.destroy();
  });

  test.each<[Fields, string]>([
    [{ "Upload-Id": "short" }, "Upload-Id has 16 to 128 letters, digits, dots, hyphens and underscores"],
    [{ "Upload-Id": "a/../../../../../b" }, "Upload-Id has 16 to 128 letters, digits, dots, hyphens and underscores"],
    ...["bytes 5-3/9", "bytes 0-9/9", "bytes 0-2", "items 0-2/3", "bytes -/3"].map((range): [Fields, string] => [
      { "Content-Range": range },
      "Content-Range is bytes FIRST-LAST/SIZE, with * where it is unknown",
    ]),
  ])("%j is 400", async (headers, detail) => {
    const reply = await put("bad", newId(), "abc", headers);
    expect([reply.status, JSON.parse(reply.body.toString()).detail]).toEqual([400, detail]);
    expect(shared()).not.toContain("bad");
  });

  test("leaves nothing when the agent ends", async () => {
    const own = await startTestAgent();
    const headers = { "Upload-Id": newId(), ...part(0, 3, "*") };
    await own.ask("/v1/files/shared/a/b/c", { method: "PUT", body: "abc", headers });
    expect(readdirSync(own.shared)).toEqual(["a"]);
    await own.agent.close();
    expect(readdirSync(own.shared)).toEqual([]);
    rmSync(own.base, { recursive: true });
  });
});

describe("T-04: what is kept of uploads", () => {
  function open(options: { keepMs?: number; kept?: number }) {
    const base = mkdtempSync(join(tmpdir(), "sallyport-staged-"));
    mkdirSync(join(base, "shared"));
    const roots = openRoots([{ name: "shared", path: join(base, "shared"), mode: "rw" }], {});
    const temporaries = new Temporaries("host");
    const staged = new StagedUploads({ temporaries, ...options });
    onTestFinished(async () => {
      await staged.close();
      expect(readdirSync(join(base, "shared"))).toEqual([]);
      closeRoots(roots);
      rmSync(base, { recursive: true });
    });
    const [root] = roots;
    if (root === undefined) throw new Error("no directory");
    const begin = (key: string) =>
      staged.hold(
        key,
        () => undefined,
        async (held) => {
          const name = temporaries.take();
          const state = held.begin(
            Upload.begin(root, [key], name, () => undefined),
            name,
          );
          state.offset = 1;
        },
      );
    const stateOf = (key: string) =>
      staged.hold(
        key,
        () => undefined,
        async ({ state }) => state?.kind,
      );
    return { begin, stateOf, count: () => readdirSync(join(base, "shared")).length };
  }

  test("goes after a time without use", async () => {
    const { begin, count, stateOf } = open({ keepMs: 30 });
    await begin("a");
    await expect.poll(count).toBe(0);
    expect(await stateOf("a")).toBeUndefined();
  });

  test("is the latest, where there is too much of it", async () => {
    const { begin, count, stateOf } = open({ kept: 2 });
    for (const key of ["a", "b"]) await begin(key);
    await stateOf("a");
    await begin("c");
    expect(count()).toBe(2);
    expect(await Promise.all(["a", "b", "c"].map(stateOf))).toEqual(["staged", undefined, "staged"]);
  });
});
