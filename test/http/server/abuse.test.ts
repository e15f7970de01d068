/** Hostile clients get a clear answer or a closed connection, and an honest one beside them notices nothing. */
import { readdirSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { ABUSES, statusOf, type Victim } from "../../../bench/agent/abuse.js";
import { Client, repeat, tasks } from "../../../bench/agent/honest.js";
import { BEARER, startTestAgent, type TestAgent } from "../../agent/support/test-agent.js";
import { ask } from "../../agent/support/wire.js";
import { test } from "../../fixtures/agent.js";

const LARGE = Buffer.alloc(4_000_000, "large");
const SMALL = Buffer.alloc(1024, "small");
const HOSTILE = "127.0.6.6";
const HONEST = "127.0.0.7";

let agent: TestAgent;
let victim: Victim;
let descriptors: number;
const over = new AbortController();
let honest: Promise<{ done: number; failures: string[] }>;
const service = () => ({ port: agent.port, ca: agent.ca ?? "", authorization: BEARER.Authorization });

beforeAll(async () => {
  agent = await startTestAgent({
    limits: {
      handshakeMs: 500,
      headersMs: 500,
      idleMs: 2_000,
      keepAliveMs: 2_000,
      checkMs: 50,
      minBodyRate: 10_000,
      bodyWindowMs: 500,
      connections: 100,
      connectionsPerAddress: 40,
    },
  });
  writeFileSync(join(agent.shared, "large"), LARGE);
  writeFileSync(join(agent.shared, "small"), SMALL);
  const files = "/v1/files/shared";
  victim = { ...service(), target: `${files}/hostile`, large: `${files}/large` };
  await agent.ask("/healthz");
  descriptors = openDescriptors();
  const { small, put } = tasks(files, SMALL, LARGE);
  const both = async (client: Client) => {
    await small?.(client);
    await put?.(client);
  };
  honest = repeat(service(), HONEST, both, over.signal, 5);
});

afterAll(async () => {
  over.abort();
  const { done, failures } = await honest;
  await quiet();
  await agent.stop();
  expect(failures).toEqual([]);
  expect(done).toBeGreaterThan(3);
});

const openDescriptors = () => readdirSync("/proc/self/fd").length;

/** Waits until no more is open than at the start; the test's own time limit is the limit. */
async function quiet() {
  while (openDescriptors() > descriptors) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("an abuse gets", () => {
  test.each([
    ["header that never ends", /^HTTP\/1.1 408 /],
    ["body that trickles", /^HTTP\/1.1 408 /],
    ["chunks that trickle", /^HTTP\/1.1 408 /],
    ["2,000 headers", /^HTTP\/1.1 431 /],
    ["a header of 1 MiB", /^HTTP\/1.1 431 |^$/],
    ["a target of 1 MiB", /^HTTP\/1.1 4(14|31) |^$/],
    ["1,000 overlapping ranges", /^HTTP\/1.1 200 /],
    ["a range beyond all numbers", /^HTTP\/1.1 416 /],
    ["500 pipelined requests", /^HTTP\/1.1 200 /],
    ["no HTTP", /^HTTP\/1.1 400 /],
    ["a request line of blanks", /^HTTP\/1.1 400 /],
    ["an unknown method", /^HTTP\/1.1 501 /],
    ["HTTP/9.9", /^HTTP\/1.1 505 /],
    ["CONNECT", /^HTTP\/1.1 405 /],
    ["length and chunks", /^HTTP\/1.1 400 /],
    ["two lengths", /^HTTP\/1.1 400 /],
    ["chunked twice", /^HTTP\/1.1 400 /],
    ["a blank before the colon", /^HTTP\/1.1 400 /],
    ["a chunk size that is none", /^HTTP\/1.1 400 /],
    ["garbage instead of TLS", /^(?!HTTP)/],
    ["half a handshake", /^$/],
    ["gone in the middle of a download", /^$/],
    ["gone in the middle of an upload", /^$/],
    ["600 connections at once", /^$/],
  ])("%s: %s", async (name, answer) => {
    const said = (await ABUSES[name]?.(victim, HOSTILE)) ?? "no such abuse";
    expect(statusOf(said)).toMatch(answer);
    // Nothing that was smuggled in a body was answered as a request.
    if (!name.startsWith("500 pipelined")) expect(said.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThan(2);
  });

  test("and each of them is in the table above", () => {
    expect(Object.keys(ABUSES)).toHaveLength(24);
  });

  test("no more bytes than one request may have, however many ranges it asks for", async () => {
    const [one, many] = await Promise.all(
      ["bytes=0-", `bytes=${"0-,".repeat(2_000)}0-`].map((Range) => agent.ask(victim.large, { headers: { Range } })),
    );
    expect([one?.status, many?.status]).toEqual([206, 200]);
    expect(many?.body.equals(LARGE)).toBe(true);
  });

  test("503 for the first request too many on one connection, after the answers that are due", async () => {
    const said = (await ABUSES["500 pipelined requests"]?.(victim, HOSTILE)) ?? "";
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual([...Array(33).fill("HTTP/1.1 200"), "HTTP/1.1 503"]);
  });

  test("nothing is left of uploads that were not finished", async () => {
    const { body } = await agent.ask("/v1/files/shared");
    const names = JSON.parse(body.toString()).entries.map(({ name }: { name: string }) => name);
    expect(names.filter((name: string) => name !== "put")).toEqual(["large", "small"]);
    expect(readdirSync(agent.shared).filter((name) => name.startsWith(".sallyport-upload-"))).toEqual([]);
  });
});

describe("connections", () => {
  const dial = (from: string) =>
    new Promise<Socket>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: agent.plain.port, localAddress: from }, () => resolve(socket));
      socket.on("error", () => undefined);
    });
  const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const said = async (socket: Socket) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    await closed(socket);
    return text;
  };

  test("one address may hold a number of them; one more is told so, and another address is served", async () => {
    const sockets = [];
    for (let i = 0; i < 40; i++) sockets.push(await dial("127.0.6.1"));
    expect(await said(await dial("127.0.6.1"))).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n/);
    expect((await ask(agent.plain, "/healthz")).status).toBe(308);
    expect(sockets.filter((socket) => socket.destroyed)).toEqual([]);
    for (const socket of sockets) socket.destroy();
  });

  test("where all places are taken, a newcomer gets that of the one that has been idle longest", async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < 100; i++) sockets.push(await dial(`127.0.6.${2 + (i % 4)}`));
    const first = closed(sockets[0] as Socket);
    expect((await ask(agent.plain, "/healthz")).status).toBe(308);
    sockets[0]?.resume();
    await first;
    expect(sockets.filter((socket) => !socket.destroyed).length).toBeGreaterThan(90);
    for (const socket of sockets) socket.destroy();
  });

  test("limits are configuration", async ({ startAgent }) => {
    const own = await startAgent({ yaml: "limits: { connections_per_address: 2, headers_ms: 300 }" });
    const dialOwn = (from: string) =>
      new Promise<Socket>((resolve) => {
        const socket = connect({ host: "127.0.0.1", port: own.plain.port, localAddress: from }, () => resolve(socket));
      });
    const held = [await dialOwn(HOSTILE), await dialOwn(HOSTILE)];
    expect(await said(await dialOwn(HOSTILE))).toMatch(/^HTTP\/1\.1 503 /);
    for (const socket of held) socket.destroy();
  });

  test("an honest client that was idle is served again after the flood", async () => {
    const client = new Client(service(), "127.0.0.8");
    expect((await client.ask("GET", "/healthz")).status).toBe(200);
    await ABUSES["600 connections at once"]?.(victim, HOSTILE);
    expect((await client.ask("GET", "/healthz")).status).toBe(200);
    client.close();
  });
});
