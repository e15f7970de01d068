/** TLS and HTTP as hostile or careless clients meet them. */
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { makeCertificate } from "../../agent/support/certificate.js";
import { BEARER, logged, startTestAgent, type TestAgent } from "../../agent/support/test-agent.js";
import { ask, open, parseReply } from "../../agent/support/wire.js";
import { test } from "../../fixtures/agent.js";
import { run } from "../../support/run.js";

let agent: TestAgent;
beforeAll(async () => {
  const limits = { handshakeMs: 400, handshakes: 8, headersMs: 500, checkMs: 50, idleMs: 1_000, keepAliveMs: 5_000 };
  agent = await startTestAgent({ limits });
  writeFileSync(join(agent.shared, "file"), "content");
  writeFileSync(join(agent.shared, "large"), Buffer.alloc(60_000_000));
});
afterAll(() => agent.stop());

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()));
const tcp = async () => {
  const socket = connect(agent.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
};
const handshake = (options: ConnectionOptions) =>
  new Promise<string>((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port: agent.port, rejectUnauthorized: false, ...options }, () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
      socket.destroy();
    });
    socket.once("error", () => resolve("refused"));
  });

describe("TLS", () => {
  test.each([
    ["TLSv1.3", "TLS_AES_256_GCM_SHA384"],
    ["TLSv1.3", "TLS_AES_128_GCM_SHA256"],
    ["TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"],
    ["TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"],
    ["TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"],
    ["TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"],
  ] as const)("speaks %s with %s", async (version, cipher) => {
    const spoken = await handshake({ minVersion: version, maxVersion: version, ciphers: cipher });
    expect(spoken).toBe(`${version} ${cipher}`);
  });

  test.each([
    ["TLSv1.2", "AES256-GCM-SHA384", "no forward secrecy"],
    ["TLSv1.2", "ECDHE-ECDSA-AES256-SHA384", "CBC"],
    ["TLSv1.2", "ECDHE-ECDSA-AES128-SHA", "CBC and SHA-1"],
    ["TLSv1.2", "DHE-RSA-AES256-GCM-SHA384", "finite-field groups"],
    ["TLSv1.1", "ALL:@SECLEVEL=0", "TLS 1.1"],
    ["TLSv1", "ALL:@SECLEVEL=0", "TLS 1.0"],
  ] as const)("refuses %s with %s: %s", async (version, ciphers, _reason) => {
    expect(await handshake({ minVersion: version, maxVersion: version, ciphers })).toBe("refused");
  });

  test("of all that openssl can offer takes only forward secrecy and AEAD", async () => {
    const args = ["s_client", "-connect", `127.0.0.1:${agent.port}`, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0"];
    const { stdout } = await run("openssl", args, { input: "" });
    expect(stdout).toMatch(/Cipher is ECDHE-ECDSA-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)/);
  });

  test("resumes sessions", async () => {
    const { port, ca = "" } = agent;
    const verified = { port, host: "127.0.0.1", ca, checkServerIdentity: () => undefined };
    const session = await new Promise<Buffer>((resolve) => {
      const socket = connectTls(verified);
      socket.once("session", (ticket: Buffer) => {
        resolve(ticket);
        socket.destroy();
      });
    });
    const reused = await new Promise<boolean>((resolve) => {
      const socket = connectTls({ ...verified, session }, () => {
        resolve(socket.isSessionReused());
        socket.destroy();
      });
    });
    expect(reused).toBe(true);
  });

  test("a new certificate is used after a reload, and a broken one leaves the old in use", async ({ startAgent }) => {
    const own = await startAgent();
    const next = makeCertificate();
    writeFileSync(join(own.base, "key"), next.key);
    await expect(own.agent.reload()).rejects.toThrow("do not make a pair");
    expect((await own.ask("/healthz")).status).toBe(200);
    writeFileSync(join(own.base, "cert"), next.cert);
    await own.agent.reload();
    expect((await ask({ port: own.port, ca: next.cert }, "/healthz")).status).toBe(200);
  });
});

describe("half-open TLS connections", () => {
  test("that send nothing are closed", async () => {
    await closed(await tcp());
  });

  test("that trickle a handshake byte by byte are closed by the same deadline", async () => {
    const socket = await tcp();
    const started = performance.now();
    // The start of a ClientHello record that claims 512 bytes.
    const bytes = Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), Buffer.alloc(500)]);
    let sent = 0;
    const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 40);
    await closed(socket);
    clearInterval(timer);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test("never pile up: one too many closes the oldest, and an honest client gets in all the while", async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < 8; i++) sockets.push(await tcp());
    const oldest = closed(sockets[0] as Socket);
    const [reply] = await Promise.all([ask(agent, "/healthz"), oldest]);
    expect(reply.status).toBe(200);
    expect(sockets.filter((socket) => !socket.destroyed).length).toBeGreaterThan(0);
    await Promise.all(sockets.map((socket) => (socket.destroyed ? undefined : closed(socket))));
  });
});

describe("slow clients", () => {
  test("that never finish their header are answered 408 and closed", async () => {
    const socket = await open(agent);
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.write("GET /healthz HTTP/1.1\r\nHost: h\r\n");
    const timer = setInterval(() => socket.write("X: y\r\n"), 100);
    socket.on("error", () => undefined);
    await closed(socket);
    clearInterval(timer);
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("that connect and say nothing are closed", async () => {
    const socket = await open(agent);
    socket.resume();
    await closed(socket);
  });

  test("that stop in the middle of an upload are closed, and nothing is left of it", async () => {
    const socket = await open(agent);
    socket.on("error", () => undefined);
    const head = `PUT /v1/files/shared/stalled HTTP/1.1\r\nHost: h\r\nX-Request-Id: stalled\r\nContent-Length: 100\r\n`;
    socket.write(`${head}Authorization: ${BEARER.Authorization}\r\n\r\nhalf`);
    await closed(socket);
    expect((await logged(agent, "stalled")).verdict).toBe("aborted");
    expect((await agent.ask("/v1/files/shared/stalled")).status).toBe(404);
  });

  test("that stop reading a download are closed, and the log says how far they came", async () => {
    const socket = await open(agent);
    socket.pause();
    socket.on("error", () => undefined);
    const head = "GET /v1/files/shared/large HTTP/1.1\r\nHost: h\r\nX-Request-Id: deaf\r\n";
    socket.write(`${head}Authorization: ${BEARER.Authorization}\r\n\r\n`);
    const entry = await logged(agent, "deaf");
    expect(entry).toMatchObject({ verdict: "aborted", status: 200 });
    expect(entry.bytes).toBeLessThan(60_000_000);
    socket.destroy();
  });

  test("that go on sending a refused body get their answer and a closed connection", async () => {
    const socket = await open(agent);
    socket.on("error", () => undefined);
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.write("PUT /v1/files/shared/x HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n");
    const timer = setInterval(() => socket.write("x".repeat(1000)), 50);
    await closed(socket);
    clearInterval(timer);
    expect(said).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe("HTTP", () => {
  test("pipelined requests are answered in turn: what was put is got, what was removed is gone", async () => {
    const request = (method: string, body = "", more = "") =>
      `${method} /v1/files/shared/piped HTTP/1.1\r\nHost: h\r\nAuthorization: ${BEARER.Authorization}\r\n` +
      `Content-Length: ${body.length}\r\n${more}\r\n${body}`;
    const close = "Connection: close\r\n";
    const all = request("PUT", "one") + request("GET") + request("PUT", "two") + request("GET") + request("DELETE");
    const said = (await agent.send(all + request("GET", "", close))).toString();
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual([201, 200, 204, 200, 204, 404].map((status) => `HTTP/1.1 ${status}`));
    expect(said.indexOf("\r\n\r\none")).toBeLessThan(said.indexOf("\r\n\r\ntwo"));
  });

  test("hundreds of pipelined requests end the connection instead of filling the memory", async () => {
    const one = `PUT /v1/files/shared/flood HTTP/1.1\r\nHost: h\r\nAuthorization: ${BEARER.Authorization}\r\nContent-Length: 0\r\n\r\n`;
    const said = (await agent.send(one.repeat(500))).toString();
    expect((said.match(/HTTP\/1\.1 20[14]/g) ?? []).length).toBeLessThan(500);
    expect((await ask(agent, "/healthz")).status).toBe(200);
  });

  test.each([
    ["no HTTP at all", "hello\r\n\r\n", 400],
    ["two lengths", "GET /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    ["length and chunks", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    ["a folded header", "GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\nBroken\r\n\r\n", 400],
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
    ["a header of 20 KiB", `GET /healthz HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["a target of 20 KiB", `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 414],
  ])("%s is refused and the connection closed", async (_title, bytes, status) => {
    expect(parseReply(await agent.send(bytes)).status).toBe(status);
  });
});
