import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { describe, expect, it, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { AgentClient } from "../../../client/agent/agent-client.js";
import { formatDigest } from "../../../client/agent/transfer/digest.js";
import { pinned, wildcard } from "../support/certificates.js";
import { httpsPeer } from "../support/peers.js";
import { temporaryDir } from "../support/temporary.js";

const SIZE = 1_000_000;
const data = randomBytes(SIZE);
const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const quick = { retryDelay: () => 0 };

interface Asked {
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

interface Behaviour {
  /** Bytes of the file after which the connection of the n-th answer is cut; Infinity: never. */
  readonly cutAfter?: (nth: number) => number;
  readonly etag?: (nth: number) => string;
  readonly bytes?: (nth: number) => Buffer;
  readonly digest?: (nth: number) => string | undefined;
  /** Answers itself; true if it did. */
  readonly instead?: (nth: number, response: ServerResponse) => boolean;
}

/** A peer with the agent's certificate and protocol that breaks connections. */
async function breakingPeer(behaviour: Behaviour) {
  const ours = await wildcard();
  const asked: Asked[] = [];
  const peer = await httpsPeer(ours, (request: IncomingMessage, response: ServerResponse) => {
    const nth = asked.length;
    const { range, "if-range": ifRange } = request.headers;
    asked.push({ range, ifRange: ifRange as string | undefined });
    if (behaviour.instead?.(nth, response) === true) return;
    const bytes = behaviour.bytes?.(nth) ?? data;
    const etag = behaviour.etag?.(nth) ?? '"one"';
    const from = range !== undefined && ifRange === etag ? Number(/\d+/.exec(range)?.[0]) : 0;
    const digest = behaviour.digest === undefined ? formatDigest(digestOf(bytes)) : behaviour.digest(nth);
    response.writeHead(
      from > 0 ? 206 : 200,
      defined({
        ETag: etag,
        "Accept-Ranges": "bytes",
        "Content-Length": bytes.length - from,
        "Content-Range": from > 0 ? `bytes ${from}-${bytes.length - 1}/${bytes.length}` : undefined,
        "Repr-Digest": digest,
      }),
    );
    const until = Math.min(from + (behaviour.cutAfter?.(nth) ?? Number.POSITIVE_INFINITY), bytes.length);
    response.write(bytes.subarray(from, until), () => until < bytes.length && response.socket?.destroy());
    if (until >= bytes.length) response.end();
  });
  const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert) });
  const dir = await temporaryDir();
  const file = join(dir, "x.bin");
  return { client, asked, dir, file, peer };
}

const partsIn = async (dir: string) => (await readdir(dir)).filter((name) => name.includes("sallyport-part"));

describe("a download", () => {
  it("goes on where each of several broken connections left off, bound to the entity tag", async () => {
    const { client, asked, file, dir } = await breakingPeer({ cutAfter: (nth) => (nth < 3 ? 200_000 : SIZE) });
    const seen: number[] = [];
    const got = await client.download("shared/x", file, { ...quick, onProgress: (done) => seen.push(done) });
    expect(got).toEqual({ size: SIZE, sha256: digestOf(data).toString("hex") });
    expect((await readFile(file)).equals(data)).toBe(true);
    expect(asked).toHaveLength(4);
    expect(asked[0]).toEqual({ range: undefined, ifRange: undefined });
    for (const { range, ifRange } of asked.slice(1)) {
      expect(range).toMatch(/^bytes=[1-9]\d*-$/);
      expect(ifRange).toBe('"one"');
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(SIZE);
    expect(await partsIn(dir)).toEqual([]);
  });

  it("T-04: goes on however often the line breaks, as long as each connection brings more", async () => {
    const { client, asked, file } = await breakingPeer({ cutAfter: () => 90_000 });
    await client.download("shared/x", file, { ...quick, retries: 3 });
    expect(asked.length).toBeGreaterThan(5);
    expect((await readFile(file)).equals(data)).toBe(true);
  });

  it("is given up after a bounded number of connections that bring nothing, and keeps what it has", async () => {
    const { client, asked, file, dir } = await breakingPeer({ cutAfter: (nth) => (nth === 0 ? 200_000 : 0) });
    const attempt = client.download("shared/x", file, { ...quick, retries: 3 });
    await expect(attempt).rejects.toMatchObject({ code: "client/broken", exit: 1 });
    expect(asked).toHaveLength(4);
    expect(await readdir(dir)).not.toContain("x.bin");
    expect(await partsIn(dir)).toHaveLength(2);
  });

  it("goes on in a later call, as after the end of the program", async () => {
    const { client, asked, file } = await breakingPeer({ cutAfter: (nth) => (nth === 0 ? 300_000 : SIZE) });
    await expect(client.download("shared/x", file, { retries: 0 })).rejects.toMatchObject({ code: "client/broken" });
    await client.download("shared/x", file);
    expect(asked[1]?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect((await readFile(file)).equals(data)).toBe(true);
  });

  it("starts over when the file has changed on the host, and never mixes two versions", async () => {
    const next = randomBytes(SIZE + 5);
    const { client, file } = await breakingPeer({
      cutAfter: (nth) => (nth === 0 ? 500_000 : SIZE * 2),
      etag: (nth) => (nth === 0 ? '"one"' : '"two"'),
      bytes: (nth) => (nth === 0 ? data : next),
    });
    await client.download("shared/x", file, quick);
    expect((await readFile(file)).equals(next)).toBe(true);
  });

  it("does not resume by a weak entity tag", async () => {
    const { client, asked, file } = await breakingPeer({
      cutAfter: (nth) => (nth === 0 ? 500_000 : SIZE),
      etag: () => 'W/"one"',
    });
    await client.download("shared/x", file, quick);
    expect(asked.map(({ range }) => range)).toEqual([undefined, undefined]);
    expect((await readFile(file)).equals(data)).toBe(true);
  });

  it("does not go on with the part of another file of the same name", async () => {
    const { client, asked, file } = await breakingPeer({ cutAfter: (nth) => (nth === 0 ? 300_000 : SIZE) });
    await expect(client.download("shared/x", file, { retries: 0 })).rejects.toMatchObject({ code: "client/broken" });
    await client.download("other/x", file);
    expect(asked[1]?.range).toBeUndefined();
  });

  it("that is whole already, but has not got its name, is fetched anew", async () => {
    const { client, asked, file, dir, peer } = await breakingPeer({
      instead: (_nth, response) => {
        const { range } = response.req.headers;
        if (range === undefined) return false;
        response.writeHead(416, { "Content-Range": `bytes */${SIZE}` }).end();
        return true;
      },
    });
    await writeFile(join(dir, ".x.bin.sallyport-part"), data);
    const notes = { source: `127.0.0.1:${peer.port}/shared/x`, etag: '"one"' };
    await writeFile(join(dir, ".x.bin.sallyport-part.json"), JSON.stringify(notes));
    await client.download("shared/x", file);
    expect(asked.map(({ range }) => range)).toEqual([`bytes=${SIZE}-`, undefined]);
    expect((await readFile(file)).equals(data)).toBe(true);
  });

  it.each([
    [
      "with another digest than the host says",
      () => formatDigest(digestOf(Buffer.from("else"))),
      "client/digest-mismatch",
    ],
    ["of which the host says no digest", () => undefined, "client/digest-missing"],
    ["of which the host says a malformed digest", () => "sha-256=:AAAA:", "client/digest-missing"],
    ["of which the host says only a weaker digest", () => "md5=:rL0Y20zC+Fzt72VPzMSk2A==:", "client/digest-missing"],
  ])("%s leaves the old file and no part", async (_, digest, code) => {
    const { client, file, dir } = await breakingPeer({ digest });
    await writeFile(file, "the old file");
    await expect(client.download("shared/x", file)).rejects.toMatchObject({ code });
    expect(await readFile(file, "utf8")).toBe("the old file");
    expect(await partsIn(dir)).toEqual([]);
  });

  it("whose parts do not fit together is refused by the digest", async () => {
    const { client, file } = await breakingPeer({
      cutAfter: (nth) => (nth === 0 ? 500_000 : SIZE),
      bytes: (nth) => (nth === 0 ? randomBytes(SIZE) : data),
      digest: () => formatDigest(digestOf(data)),
    });
    await expect(client.download("shared/x", file, quick)).rejects.toMatchObject({ code: "client/digest-mismatch" });
  });

  it("is not kept waiting for a host that was never there", async () => {
    const { client, file, peer } = await breakingPeer({ instead: (_nth, response) => !!response.socket?.destroy() });
    await expect(client.download("shared/x", file)).rejects.toMatchObject({ code: "client/broken" });
    expect(peer.connections()).toBe(1);
  });

  it("stops at a host that falls silent", async () => {
    const ours = await wildcard();
    const peer = await httpsPeer(ours, (_request, response) => {
      response.writeHead(200, { "Content-Length": SIZE, ETag: '"one"', "Accept-Ranges": "bytes" });
      response.write("a few bytes");
    });
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert), idleTimeout: 150 });
    const file = join(await temporaryDir(), "x");
    await expect(client.download("shared/x", file, { retries: 0 })).rejects.toThrow(
      `"127.0.0.1:${peer.port}" did not answer within 0.15 s`,
    );
  });
});

describe("a stream that is fetched", () => {
  const collect = () => {
    const chunks: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    return { sink, bytes: () => Buffer.concat(chunks) };
  };

  it("goes on where a broken connection left off", async () => {
    const { client } = await breakingPeer({ cutAfter: (nth) => (nth < 2 ? 300_000 : SIZE) });
    const { sink, bytes } = collect();
    expect(await client.get("shared/x", sink, quick)).toMatchObject({ size: SIZE });
    expect(bytes().equals(data)).toBe(true);
  });

  it("cannot go on with another version of the file, and says so", async () => {
    const { client } = await breakingPeer({
      cutAfter: (nth) => (nth === 0 ? 300_000 : SIZE),
      etag: (nth) => `"${nth}"`,
    });
    await expect(client.get("shared/x", collect().sink, quick)).rejects.toMatchObject({
      code: "client/changed-meanwhile",
      exit: 5,
    });
  });

  it("is a fault when its digest is wrong", async () => {
    const { client } = await breakingPeer({ digest: () => formatDigest(digestOf(Buffer.from("else"))) });
    await expect(client.get("shared/x", collect().sink)).rejects.toMatchObject({
      code: "client/digest-mismatch",
      hint: "what was written before this line is not to be used; try again",
    });
  });
});

test("T-23: nobody is told that a stream was not kept", async () => {
  const { client } = await breakingPeer({ digest: () => undefined });
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  await expect(client.get("shared/x", sink)).rejects.toMatchObject({
    code: "client/digest-missing",
    hint: "the copy cannot be checked, so what was written before this line is not to be used",
  });
});

describe("an upload", () => {
  it.each([
    ["stored other bytes", formatDigest(digestOf(Buffer.from("else"))), "client/digest-mismatch"],
    ["does not say what it stored", undefined, "client/digest-missing"],
  ])("to a host that %s is a fault", async (_, digest, code) => {
    const ours = await wildcard();
    const peer = await httpsPeer(ours, (request, response) => {
      request.resume().once("end", () => response.writeHead(201, digest ? { "Repr-Digest": digest } : {}).end());
    });
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert) });
    await expect(client.put("shared/x", Readable.from(["bytes"]))).rejects.toMatchObject({ code });
  });

  it("sends the digest before the file, so that the host can refuse damage", async () => {
    const ours = await wildcard();
    let headers: IncomingMessage["headers"] = {};
    const peer = await httpsPeer(ours, (request, response) => {
      headers = request.headers;
      request.resume().once("end", () => response.writeHead(201, { "Repr-Digest": headers["repr-digest"] }).end());
    });
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert), token: "abc" });
    const file = join(await temporaryDir(), "x");
    await writeFile(file, data);
    await client.upload(file, "shared/x");
    const field = formatDigest(digestOf(data));
    expect(headers).toMatchObject({
      "repr-digest": field,
      "content-digest": field,
      "content-length": String(SIZE),
      authorization: "Bearer abc",
    });
  });
});

describe("an answer that is not an agent's", () => {
  it.each([
    ["text", "text/plain", "hello", "its answer is not JSON"],
    ["another shape", "application/json", '{"directories":[{"name":1}]}', "/directories/0/path in its answer"],
  ])("%s is told in one line", async (_, type, body, text) => {
    const ours = await wildcard();
    const peer = await httpsPeer(ours, (_request, response) =>
      response.writeHead(200, { "Content-Type": type }).end(body),
    );
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert) });
    await expect(client.directories()).rejects.toThrow(text);
  });

  it("cannot steer a terminal by its error text", async () => {
    const ours = await wildcard();
    const peer = await httpsPeer(ours, (_request, response) =>
      response
        .writeHead(404, { "Content-Type": "application/problem+json" })
        .end(JSON.stringify({ title: "Not Found", detail: "\u001b[2J\u001b]0;owned\u0007gone" })),
    );
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert) });
    const fault = await client.directories().catch((error: Error) => error);
    expect(String(fault)).toContain("the host answered 404");
    expect(String(fault)).not.toContain("\u001b");
  });

  it("reuses one connection for many requests", async () => {
    const ours = await wildcard();
    const peer = await httpsPeer(ours, (_request, response) => {
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"directories":[]}');
    });
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert) });
    for (let i = 0; i < 5; i += 1) await client.directories();
    expect(peer.connections()).toBe(1);
    client.close();
  });

  it("is asked for once more, where the host closed a kept connection meanwhile", async () => {
    const ours = await wildcard();
    const methods: string[] = [];
    const peer = await httpsPeer(ours, (request, response) => {
      methods.push(request.method ?? "");
      if (methods.length % 2 === 0) return void request.socket.destroy();
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"directories":[]}');
    });
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert) });
    await client.directories();
    await client.directories();
    expect(peer.connections()).toBe(2);
    // What changes something is not repeated: the host may have done it.
    await expect(client.remove("shared/x")).rejects.toMatchObject({ code: "client/broken" });
    expect(methods).toEqual(["GET", "GET", "GET", "DELETE"]);
    client.close();
  });
});

test("T-16: whatever makes the host hash, copy or flush a whole file asks it to say that it is at work", async () => {
  const ours = await wildcard();
  const asked: Array<[string, string | undefined]> = [];
  const peer = await httpsPeer(ours, (request, response) => {
    asked.push([`${request.method} ${request.url?.split("?")[0]}`, request.headers.prefer?.toString()]);
    request.resume().once("end", () => response.writeHead(404).end());
  });
  const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert) });
  const file = join(await temporaryDir(), "file");
  await writeFile(file, "bytes");
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  const stream = () => Readable.from(["bytes"]);
  const calls = [
    client.download("shared/x", `${file}.got`),
    client.get("shared/x", sink),
    client.upload(file, "shared/x"),
    client.put("shared/x", stream()),
    client.jobs.submit({ input: { file } }),
    client.jobs.submit({ input: { stream: stream() } }),
    client.jobs.download("0123", `${file}.output`),
    client.jobs.output("0123", sink),
  ];
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(calls.map(() => "rejected"));
  expect([...new Set(asked.map(([, prefer]) => prefer))]).toEqual(["processing"]);
  expect([...new Set(asked.map(([what]) => what))].sort()).toEqual([
    "GET /v1/files/shared/x",
    "GET /v1/jobs/0123/output",
    "POST /v1/jobs",
    "PUT /v1/files/shared/x",
  ]);
});
