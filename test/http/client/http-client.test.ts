import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, createServer as createTcp, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { issueCertificate } from "../../../certs/issue.js";
import { BodyTooLarge, HttpTimeout, isCutOff, networkCode, networkText } from "../../../http/client/errors.js";
import { HttpClient, type HttpClientOptions } from "../../../http/client/http-client.js";
import { readBody } from "../../../http/client/read-body.js";

async function listen(server: Server | ReturnType<typeof createTcp>): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const serve = async (listener: RequestListener) => `http://127.0.0.1:${await listen(createServer(listener))}`;

function client(options: HttpClientOptions = {}): HttpClient {
  const made = new HttpClient(options);
  onTestFinished(() => made.close());
  return made;
}

const textOf = async (body: Parameters<typeof readBody>[0]) => (await readBody(body, 1_000_000)).toString();

async function* slowly(parts: readonly string[], pauseMs: number) {
  for (const part of parts) {
    await delay(pauseMs);
    yield Buffer.from(part);
  }
}

describe("a request", () => {
  test("goes out as it is written, and any status is an answer", async () => {
    const seen: string[] = [];
    const origin = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers["x-a"]}`);
      response.writeHead(302, "Over There", { location: "http://elsewhere.invalid/", "x-b": ["1", "2"] }).end("body");
    });
    const path = "/a/../b//%2e%2e/c?d=%2F";
    const response = await client().request({ origin, path, headers: { "x-a": 7 } });
    expect(response).toMatchObject({ status: 302, statusText: "Over There" });
    expect(response.headers).toMatchObject({ location: "http://elsewhere.invalid/", "x-b": "1, 2" });
    expect(await textOf(response.body)).toBe("body");
    expect(seen).toEqual([`GET ${path} 7`]);
  });

  test("reuses its connection, unless none is to be kept", async () => {
    const server = createServer((_, response) => response.end());
    let connections = 0;
    server.on("connection", () => {
      connections += 1;
    });
    const origin = `http://127.0.0.1:${await listen(server)}`;
    for (const [keepAlive, more] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const before = connections;
      const made = client({ keepAlive });
      for (let each = 0; each < 2; each += 1) await textOf((await made.request({ origin, path: "/" })).body);
      expect(connections - before).toBe(more);
    }
  });

  test("sends a body piece by piece", async () => {
    const origin = await serve(async (request, response) => {
      response.end(`${request.headers["content-length"]} ${await textOf(request)}`);
    });
    const headers = { "Content-Length": 6 };
    const response = await client().request({
      origin,
      path: "/",
      method: "PUT",
      headers,
      body: slowly(["ab", "cd", "ef"], 1),
    });
    expect(await textOf(response.body)).toBe("6 abcdef");
  });

  test("an answer before the end of the body ends the sending", async () => {
    let isOpen = true;
    const origin = await serve((request, response) => {
      request.resume();
      request.socket.once("close", () => {
        isOpen = false;
      });
      response.writeHead(507).end("full");
    });
    let pulled = 0;
    async function* endless() {
      for (;;) {
        pulled += 1;
        yield Buffer.alloc(64 * 1024);
        await delay(1);
      }
    }
    const response = await client().request({ origin, path: "/", method: "PUT", body: endless() });
    expect(response.status).toBe(507);
    expect(await textOf(response.body)).toBe("full");
    await expect.poll(() => isOpen, { timeout: 300_000 }).toBe(false);
    const after = pulled;
    await delay(50);
    expect(pulled).toBe(after);
  });
});

describe("a limit", () => {
  test("bounds the wait for the answer", async () => {
    const origin = await serve(() => undefined);
    const failure = await client({ idleMs: 100 })
      .request({ origin, path: "/" })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpTimeout);
    expect(failure).toMatchObject({ limit: "idle", milliseconds: 100, code: "ETIMEDOUT" });
  });

  test("for the answer may be longer than for a pause", async () => {
    const origin = await serve((_, response) => void setTimeout(() => response.end("late"), 400));
    const response = await client({ idleMs: 100 }).request({ origin, path: "/", answerMs: 30_000 });
    expect(await textOf(response.body)).toBe("late");
  });

  test("starts anew with each piece that is sent", async () => {
    const origin = await serve(async (request, response) => void response.end(await textOf(request)));
    const body = slowly(["a", "b", "c", "d", "e"], 200);
    const response = await client({ idleMs: 800 }).request({ origin, path: "/", method: "POST", body });
    expect(await textOf(response.body)).toBe("abcde");
  });

  test("bounds a source that gives nothing", async () => {
    const origin = await serve((request) => void request.resume());
    const body = slowly(["a", "b"], 60_000);
    const asked = client({ idleMs: 100 }).request({ origin, path: "/", method: "POST", body });
    await expect(asked).rejects.toMatchObject({ limit: "idle" });
  });

  test("bounds a pause in the answer", async () => {
    const origin = await serve((_, response) => void response.write("begun"));
    const { body } = await client({ idleMs: 100 }).request({ origin, path: "/" });
    const failure = await textOf(body).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpTimeout);
    expect(failure).toMatchObject({ limit: "idle", milliseconds: 100 });
  });

  test("bounds all of it, an answer that never ends included", async () => {
    const origin = await serve((_, response) => {
      const timer = setInterval(() => response.write("more"), 20);
      response.once("close", () => clearInterval(timer));
    });
    const { body } = await client().request({ origin, path: "/", totalMs: 300 });
    await expect(textOf(body)).rejects.toMatchObject({ limit: "total", milliseconds: 300 });
  });

  test("bounds the size", async () => {
    const origin = await serve((_, response) => response.end("x".repeat(1_000)));
    const { body } = await client().request({ origin, path: "/" });
    await expect(readBody(body, 999)).rejects.toBeInstanceOf(BodyTooLarge);
    const again = await client().request({ origin, path: "/" });
    expect((await readBody(again.body, 1_000)).length).toBe(1_000);
  });

  test("a signal ends a request with its own reason, before and after the head", async () => {
    const origin = await serve((request, response) => {
      if (request.url === "/head") response.write("begun");
    });
    for (const path of ["/", "/head"]) {
      const controller = new AbortController();
      const asked = client().request({ origin, path, signal: controller.signal });
      if (path === "/head") {
        const { body } = await asked;
        controller.abort(new Error("enough"));
        await expect(textOf(body)).rejects.toThrow("enough");
      } else {
        controller.abort(new Error("enough"));
        await expect(asked).rejects.toThrow("enough");
      }
    }
  });
});

describe("a broken connection", () => {
  test("in the middle of the answer is told as cut off, with a length and without", async () => {
    const origin = await serve((request, response) => {
      if (request.url === "/length") response.setHeader("content-length", 100);
      response.write("begun", () => response.destroy());
    });
    for (const path of ["/length", "/chunked"]) {
      const { body } = await client().request({ origin, path });
      const failure = await textOf(body).catch((error: unknown) => error);
      expect([path, isCutOff(failure), networkCode(failure)]).toEqual([path, true, "ECONNRESET"]);
    }
  });

  /** Answers `answered` requests on each connection, and closes it at the next. */
  async function forgetful(answered: number) {
    let requests = 0;
    const port = await listen(
      createTcp((socket) => {
        let left = answered;
        socket.on("data", () => {
          requests += 1;
          if (left === 0) socket.destroy();
          else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          left -= 1;
        });
      }),
    );
    return { origin: `http://127.0.0.1:${port}`, requests: () => requests };
  }

  test("that was kept is replaced, where the request only reads", async () => {
    const peer = await forgetful(1);
    const made = client();
    for (let each = 0; each < 2; each += 1) {
      expect(await textOf((await made.request({ origin: peer.origin, path: "/" })).body)).toBe("ok");
    }
    expect(peer.requests()).toBe(3);
  });

  test("that was kept is told, where the request changes something", async () => {
    const peer = await forgetful(1);
    const made = client();
    await textOf((await made.request({ origin: peer.origin, path: "/" })).body);
    const failure = await made.request({ origin: peer.origin, path: "/", method: "DELETE" }).catch((e: unknown) => e);
    expect(isCutOff(failure)).toBe(true);
    expect(peer.requests()).toBe(2);
  });

  test("that was new is told, and not tried again", async () => {
    const peer = await forgetful(0);
    const failure = await client()
      .request({ origin: peer.origin, path: "/" })
      .catch((error: unknown) => error);
    expect(networkCode(failure)).toBe("ECONNRESET");
    expect(peer.requests()).toBe(1);
  });

  test("that cannot be opened keeps the system's code", async () => {
    const server = createTcp();
    const port = await listen(server);
    server.close();
    const asked = client().request({ origin: `http://127.0.0.1:${port}`, path: "/" });
    expect(networkCode(await asked.catch((error: unknown) => error))).toBe("ECONNREFUSED");
  });
});

describe("trust", async () => {
  const [ours, theirs] = await Promise.all([
    issueCertificate({ commonName: "ours", names: ["127.0.0.1"] }),
    issueCertificate({ commonName: "theirs", names: ["127.0.0.1"] }),
  ]);

  async function tlsServer() {
    let heard = 0;
    const server = createHttps({ key: theirs.key, cert: theirs.cert }, (_, response) => {
      heard += 1;
      response.end("secret");
    });
    return { origin: `https://127.0.0.1:${await listen(server)}`, heard: () => heard };
  }

  test("nothing is sent to a peer with another certificate", async () => {
    const peer = await tlsServer();
    for (const tls of [{ ca: ours.cert }, {}]) {
      const failure = await client({ via: { kind: "direct", tls } })
        .request({ origin: peer.origin, path: "/", headers: { authorization: "Bearer secret" } })
        .catch((error: unknown) => error);
      expect(networkCode(failure)).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    }
    expect(peer.heard()).toBe(0);
    const good = await client({ via: { kind: "direct", tls: { ca: theirs.cert } } }).request({
      origin: peer.origin,
      path: "/",
    });
    expect(await textOf(good.body)).toBe("secret");
  });

  test("a connection of the caller's own is used when it was handed out, and never before", async () => {
    const peer = await tlsServer();
    const events: string[] = [];
    const { port } = new URL(peer.origin);
    const openConnection = async () => {
      events.push("open");
      const socket = connectTls({ host: "127.0.0.1", port: Number(port), ca: theirs.cert });
      await once(socket, "secureConnect");
      await delay(50);
      expect(socket.bytesWritten).toBeLessThan(2_000);
      expect(peer.heard()).toBe(0);
      events.push("verified");
      return socket;
    };
    const response = await client({ via: { kind: "own", openConnection } }).request({ origin: peer.origin, path: "/" });
    expect(await textOf(response.body)).toBe("secret");
    expect(events).toEqual(["open", "verified"]);
    const refused = client({
      via: {
        kind: "own",
        openConnection: async () => {
          throw new Error("not the host");
        },
      },
    });
    await expect(refused.request({ origin: peer.origin, path: "/" })).rejects.toThrow("not the host");
  });

  test("closing the client ends a connection that is being opened", async () => {
    const made = client({
      via: {
        kind: "own",
        openConnection: (signal) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
      },
    });
    const asked = made.request({ origin: "https://host.invalid", path: "/" }).catch((error: unknown) => error);
    await delay(20);
    made.close();
    expect(await asked).toBeInstanceOf(Error);
  });

  test("S-13: a proxy is used where the environment names one, and sees no plain text of TLS", async () => {
    const peer = await tlsServer();
    const { proxy, asked } = await startProxy();
    // The name is the proxy's to resolve.
    const { port } = new URL(peer.origin);
    const request = { origin: `https://peer.invalid:${port}`, path: "/" };
    const env = { HTTPS_PROXY: proxy };
    const tls = { ca: theirs.cert, checkServerIdentity: () => undefined };
    const through = await client({ via: { kind: "proxy", env, tls } }).request(request);
    expect(await textOf(through.body)).toBe("secret");
    expect(asked).toEqual([`CONNECT peer.invalid:${port}`]);
    const past = { ...env, NO_PROXY: ".invalid" };
    await expect(client({ via: { kind: "proxy", env: past, tls } }).request(request)).rejects.toThrow();
    // This machine is never behind a proxy.
    const here = await client({ via: { kind: "proxy", env, tls } }).request({ origin: peer.origin, path: "/" });
    expect(here.status).toBe(200);
    expect(asked).toHaveLength(1);
    const wrong = client({ via: { kind: "proxy", env, tls: { ca: ours.cert } } }).request(request);
    await expect(wrong).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(peer.heard()).toBe(2);
  });

  test("S-13: plain HTTP goes to the proxy as it is, with the proxy's own credentials", async () => {
    const { proxy, asked } = await startProxy();
    const env = { http_proxy: proxy.replace("//", "//user:p%40ss@") };
    const made = client({ via: { kind: "proxy", env } });
    const { status, body } = await made.request({ origin: "http://peer.invalid", path: "/a/../b?c=%2F" });
    expect([status, await textOf(body)]).toEqual([200, "from the proxy"]);
    expect(asked).toEqual([
      `GET http://peer.invalid/a/../b?c=%2F Basic ${Buffer.from("user:p@ss").toString("base64")}`,
    ]);
  });

  test("S-13: what a proxy refuses fails as the proxy's refusal", async () => {
    const { proxy } = await startProxy(407);
    const made = client({ via: { kind: "proxy", env: { HTTPS_PROXY: proxy } } });
    const failed = await made.request({ origin: "https://peer.invalid", path: "/" }).catch((error: unknown) => error);
    expect(networkText(failed)).toBe("the proxy answered 407");
  });
});

/** Takes any name for this machine. @param refuses the status of every answer to CONNECT */
async function startProxy(refuses?: number) {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    const { "proxy-authorization": authorization = "" } = request.headers;
    asked.push(`${request.method} ${request.url} ${authorization}`);
    response.end("from the proxy");
  });
  proxy.on("connect", (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (refuses !== undefined) return void socket.end(`HTTP/1.1 ${refuses} No\r\n\r\n`);
    const through = connect(Number(new URL(`http://${request.url}`).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(through).pipe(socket);
    });
    through.on("error", () => socket.destroy());
    socket.on("error", () => through.destroy());
  });
  return { proxy: `http://127.0.0.1:${await listen(proxy)}`, asked };
}
