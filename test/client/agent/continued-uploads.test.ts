/** Uploads over connections that break, and from sources that are slow. The agent is real. */
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { AgentClient } from "../../../client/agent/agent-client.js";
import { whileWaiting } from "../../../client/agent/transfer/segments.js";
import { type RunningAgent, runAgent, TOKEN } from "../support/agent.js";
import { pinned, wildcard } from "../support/certificates.js";
import { httpsPeer } from "../support/peers.js";
import { temporaryDir } from "../support/temporary.js";

const MIB = 1024 * 1024;
const data = randomBytes(5 * MIB);
const quick = { retryDelay: () => 0 };

/** A way to the agent on which the n-th connection breaks after so many bytes from the client. */
async function breakingWay({ port, certificate }: RunningAgent, cutAfter: (nth: number) => number) {
  let connections = 0;
  let carried = 0;
  const server = createServer((from) => {
    const to = connect(port, "127.0.0.1");
    const limit = cutAfter(connections);
    connections += 1;
    let bytes = 0;
    from.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      carried += chunk.length;
      if (bytes <= limit) return void to.write(chunk);
      from.destroy();
      to.destroy();
    });
    to.pipe(from);
    for (const socket of [from, to]) socket.on("error", () => undefined);
    from.once("close", () => to.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const way = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  const client = new AgentClient({ ...way, trust: pinned(certificate.cert), token: TOKEN });
  onTestFinished(() => {
    client.close();
    server.close();
  });
  return { client, connections: () => connections, carried: () => carried };
}

async function localFile(content: Buffer): Promise<string> {
  const file = join(await temporaryDir(), "local");
  await writeFile(file, content);
  return file;
}

const leftIn = async (agent: RunningAgent) =>
  (await readdir(agent.shared)).filter((name) => name.startsWith(".sallyport-upload-"));

describe("T-04: an upload goes on where its connection broke", () => {
  it("as a file", async () => {
    const agent = await runAgent();
    const way = await breakingWay(agent, (nth) => (nth < 3 ? 1.5 * MIB : Number.POSITIVE_INFINITY));
    const seen: number[] = [];
    const onProgress = (done: number) => void seen.push(done);
    const stored = await way.client.upload(await localFile(data), "shared/x", { ...quick, onProgress });
    expect(stored).toMatchObject({ created: true, size: data.length });
    expect((await readFile(join(agent.shared, "x"))).equals(data)).toBe(true);
    expect(seen.at(-1)).toBe(data.length);
    // Some of the bytes of a broken connection are on their way, and are sent again.
    expect(way.carried()).toBeLessThan(2 * data.length);
    expect(await leftIn(agent)).toEqual([]);
  });

  it("T-04: as a file, however often the line breaks, as long as each connection brings more", async () => {
    const agent = await runAgent();
    const way = await breakingWay(agent, () => 1.5 * MIB);
    const whole = Buffer.concat([data, data, data, data]);
    await way.client.upload(await localFile(whole), "shared/x", { ...quick, retries: 4 });
    expect((await readFile(join(agent.shared, "x"))).equals(whole)).toBe(true);
    expect(way.connections()).toBeGreaterThan(5);
  });

  it("as a stream, of which no more than two segments are in memory", async () => {
    const agent = await runAgent();
    const way = await breakingWay(agent, (nth) => (nth < 3 ? 6 * MIB : Number.POSITIVE_INFINITY));
    const whole = Buffer.concat([data, data, data, data]);
    const source = Readable.from([data, data, data, data]);
    const stored = await way.client.put("shared/x", source, { ...quick, size: whole.length });
    expect(stored).toMatchObject({ created: true, size: whole.length });
    expect((await readFile(join(agent.shared, "x"))).equals(whole)).toBe(true);
    expect(way.connections()).toBeGreaterThan(3);
    expect(await leftIn(agent)).toEqual([]);
  });

  it("in a later call, as after the end of the program, and replaces the old file only then", async () => {
    const agent = await runAgent();
    await writeFile(join(agent.shared, "x"), "old");
    const file = await localFile(data);
    const way = await breakingWay(agent, (nth) => (nth === 0 ? 3 * MIB : Number.POSITIVE_INFINITY));
    const first = way.client.upload(file, "shared/x", { retries: 0 });
    await expect(first).rejects.toMatchObject({ code: "client/broken" });
    expect(await readFile(join(agent.shared, "x"), "utf8")).toBe("old");
    // By then the agent knows that the connection broke.
    await agent.client.list("shared");
    const starts: number[] = [];
    const onProgress = (done: number) => void starts.push(done);
    expect(await way.client.upload(file, "shared/x", { ...quick, onProgress })).toMatchObject({ created: false });
    expect((await readFile(join(agent.shared, "x"))).equals(data)).toBe(true);
    // The host tells at once that it has the beginning, while we still send it.
    expect(way.connections()).toBe(3);
    expect(starts.at(-1)).toBe(data.length);
    expect(await leftIn(agent)).toEqual([]);
  });

  it("but not with another file, nor to another name", async () => {
    const agent = await runAgent();
    const way = await breakingWay(agent, (nth) => (nth === 0 ? 3 * MIB : Number.POSITIVE_INFINITY));
    const first = way.client.upload(await localFile(data), "shared/x", { retries: 0 });
    await expect(first).rejects.toMatchObject({ code: "client/broken" });
    const other = Buffer.concat([data.subarray(0, 4 * MIB), Buffer.from("other")]);
    await way.client.upload(await localFile(other), "shared/x");
    await way.client.upload(await localFile(data), "shared/y");
    expect((await readFile(join(agent.shared, "x"))).equals(other)).toBe(true);
    expect((await readFile(join(agent.shared, "y"))).equals(data)).toBe(true);
  });

  it("a bounded number of times, and not at all to a host that was never there", async () => {
    const agent = await runAgent();
    const way = await breakingWay(agent, () => MIB / 2);
    const attempt = way.client.upload(await localFile(data), "shared/x", { ...quick, retries: 2 });
    await expect(attempt).rejects.toMatchObject({ code: "client/broken", exit: 1 });
    const none = await breakingWay(agent, () => 0);
    await expect(none.client.upload(await localFile(data), "shared/x")).rejects.toMatchObject({
      code: "client/broken",
    });
    expect(none.connections()).toBe(1);
  });

  it("unless the host cannot, whose refusal to continue is not what is reported", async () => {
    const ours = await wildcard();
    const asked: Array<string | undefined> = [];
    const peer = await httpsPeer(ours, (request, response) => {
      asked.push(request.headers["content-range"]);
      if (request.headers["content-range"] === undefined) return void request.once("data", () => request.destroy());
      response.writeHead(400, { "Content-Type": "application/problem+json" }).end("{}");
    });
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert) });
    const attempt = client.upload(await localFile(data), "shared/x", quick);
    await expect(attempt).rejects.toMatchObject({ code: "client/broken" });
    expect(asked).toEqual([undefined, `bytes */${data.length}`]);
  });
});

describe("T-17: a stream that is sent", () => {
  it("may be slower than any limit of the host", async () => {
    const limits = { minBodyRate: 100_000, bodyWindowMs: 200, checkMs: 50, idleMs: 300 };
    const agent = await runAgent({ limits });
    const slow = async function* (pieces: readonly Buffer[]) {
      for (const piece of pieces) {
        yield piece;
        await delay(2 * limits.bodyWindowMs);
      }
    };
    const few = [Buffer.from("a\n"), Buffer.from("b\n")];
    await agent.client.put("shared/few", Readable.from(slow(few)));
    expect(await readFile(join(agent.shared, "few"), "utf8")).toBe("a\nb\n");
    const many = [Buffer.alloc(9 * MIB, "a"), Buffer.alloc(9 * MIB, "b"), Buffer.from("c")];
    await agent.client.put("shared/many", Readable.from(slow(many)));
    expect((await readFile(join(agent.shared, "many"))).equals(Buffer.concat(many))).toBe(true);
  });

  it("may be slower than any limit of the host as the input of a job", async () => {
    const limits = { minBodyRate: 100_000, bodyWindowMs: 200, checkMs: 50, idleMs: 300 };
    const agent = await runAgent({ limits, accelerators: "{ count: { filter: [wc, -c] } }" });
    const slow = async function* (size: number) {
      yield Buffer.alloc(size, "a");
      await delay(2 * limits.bodyWindowMs);
      yield Buffer.from("b");
    };
    for (const size of [1, 9 * MIB]) {
      const { id } = await agent.client.jobs.submit({ input: { stream: Readable.from(slow(size)) } });
      expect(await agent.client.jobs.follow(id)).toMatchObject({ state: "done" });
      expect((await agent.client.jobs.get(id)).input_bytes).toBe(size + 1);
    }
  });

  it("may end where a segment ends, and be empty", async () => {
    const agent = await runAgent();
    const exact = Buffer.alloc(8 * MIB, "x");
    expect(await agent.client.put("shared/exact", Readable.from([exact]))).toMatchObject({ size: exact.length });
    expect((await readFile(join(agent.shared, "exact"))).equals(exact)).toBe(true);
    expect(await agent.client.put("shared/empty", Readable.from([]))).toMatchObject({ created: true, size: 0 });
  });

  it("is a fault if its source fails, or has another size than was said, and has no name then", async () => {
    const agent = await runAgent();
    const failing = async function* () {
      yield Buffer.alloc(17 * MIB);
      throw new Error("disk gone");
    };
    await expect(agent.client.put("shared/x", Readable.from(failing()))).rejects.toThrow("disk gone");
    const short = agent.client.put("shared/x", Readable.from(["abc"]), { size: 4 });
    await expect(short).rejects.toMatchObject({ code: "client/other-size" });
    expect(await agent.client.list("shared")).toEqual([]);
  });

  it("ends with the signal, though its source stands still", async () => {
    const agent = await runAgent();
    const stop = new AbortController();
    const source = new Readable({ read: () => stop.abort() });
    const attempt = agent.client.put("shared/x", source, { signal: stop.signal });
    await expect(attempt).rejects.toMatchObject({ code: "client/aborted" });
    expect(source.destroyed).toBe(true);
  });

  it("keeps its beginning on the host, as long as it lasts", async () => {
    let touched = 0;
    let end = (_: string): void => undefined;
    const next = new Promise<string>((resolve) => {
      end = resolve;
    });
    const touch = async () => {
      touched += 1;
      if (touched === 3) end("more");
    };
    expect(await whileWaiting(next, touch, undefined, 1)).toBe("more");
    expect(touched).toBe(3);
    const lost = whileWaiting(new Promise(() => undefined), () => Promise.reject(new Error("gone")), undefined, 1);
    await expect(lost).rejects.toThrow("gone");
  });
});
