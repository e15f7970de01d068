/** The idle limit of a connection counts what the client leaves out, and not the time that we take. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { HttpClient } from "../../../http/client/http-client.js";
import type { Exchange } from "../../../http/server/exchange.js";
import { LIMITS } from "../../../http/server/limits.js";
import { createListener } from "../../../http/server/listener.js";
import { close, httpServer, listen } from "../../../http/server/server.js";
import { open } from "../../agent/support/wire.js";

const IDLE_MS = 250;

async function serve(handle: (exchange: Exchange) => Promise<void>): Promise<number> {
  const limits = { ...LIMITS, idleMs: IDLE_MS, minBodyRate: 0 };
  const log = () => undefined;
  const server = httpServer(createListener(handle, log, limits), limits, log);
  onTestFinished(() => close(server, 0));
  return listen(server, "127.0.0.1", 0);
}

/** Counts silent moments of the connection: each is as long as the idle limit. */
function silences(exchange: Exchange, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    exchange.req.socket.on("timeout", () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
}

async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  await once(socket, "close");
  return text;
}

const head = (more: string) => `PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${more}\r\n`;

describe("T-16: a request that is at work", () => {
  const twoSilences = async (exchange: Exchange) => {
    await silences(exchange, 2);
    for await (const chunk of exchange.req) exchange.received += chunk.length;
    exchange.json(200, { received: exchange.received });
  };

  test.each([
    ["whose body is read", head("Content-Length: 3\r\n"), "abc", 3],
    ["whose body we leave unread", head("Content-Length: 200000\r\n"), "x".repeat(200_000), 200_000],
    ["without a body", head(""), "", 0],
  ])("%s is not cut, however long it takes", async (_, start, body, received) => {
    const socket = await open({ port: await serve(twoSilences) });
    socket.write(start + body);
    const text = await textOf(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain(`{"received":${received}}`);
  });

  test("tells so a client that asked for it, and no other version of HTTP", async () => {
    const port = await serve(twoSilences);
    const socket = await open({ port });
    socket.write(head("Prefer: respond-async, processing; x=1\r\n"));
    expect((await textOf(socket)).split("\r\n\r\n")).toMatchObject([
      "HTTP/1.1 102 Processing",
      "HTTP/1.1 102 Processing",
      expect.stringMatching(/^HTTP\/1\.1 200 OK/),
      '{"received":0}',
    ]);
    const old = await open({ port });
    old.write("GET / HTTP/1.0\r\nPrefer: processing\r\n\r\n");
    expect(await textOf(old)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test("is waited for by our client beyond its own limit", async () => {
    const port = await serve(async (exchange) => {
      await silences(exchange, 4);
      exchange.answer(200, {}, createHash("sha256").update("done").digest("hex"));
    });
    const client = new HttpClient();
    onTestFinished(() => client.close());
    const request = { origin: `http://127.0.0.1:${port}`, path: "/", answerMs: 3 * IDLE_MS };
    const response = await client.request({ ...request, headers: { Prefer: "processing" } });
    expect(response.status).toBe(200);
    response.body.resume();
    await expect(client.request(request)).rejects.toMatchObject({ limit: "idle" });
  });
});

describe("T-16: a connection is cut", () => {
  const receive = async (exchange: Exchange) => {
    for await (const chunk of exchange.req) exchange.received += chunk.length;
    exchange.json(200, {});
  };

  test.each([
    ["that brings half a body", head("Content-Length: 10\r\nPrefer: processing\r\n"), "abc"],
    ["that brings half a chunk", head("Transfer-Encoding: chunked\r\n"), "5\r\nab"],
    ["whose answer has begun", "GET /begun HTTP/1.1\r\nHost: h\r\n\r\n", ""],
  ])("%s, and then nothing", async (_, start, body) => {
    const port = await serve(async (exchange) => {
      if (exchange.path !== "/begun") return receive(exchange).catch(() => undefined);
      exchange.writeHead(200, { "Content-Length": 10 });
      exchange.res.write("half");
    });
    const socket = await open({ port });
    socket.write(start + body);
    const text = await textOf(socket);
    expect(text).not.toContain("102");
    expect(text).not.toContain("{}");
  });
});
