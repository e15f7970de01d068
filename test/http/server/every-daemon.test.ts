/** What every daemon refuses before its own rules apply: malformed hosts, unknown methods, pages of other sites. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApyfalAgent, startApyfalAgent } from "../../agent/apyfal/apyfal-agent.js";
import { type Peer, parseReply, type Reply, send } from "../../agent/support/wire.js";
import { startKernellessGateway, type TestGateway, tokenOf } from "../../gateway/support/gateway.js";
import { startTestMirror, type TestMirror } from "../../mirror/codeartifact/support/mirror.js";

let agent: ApyfalAgent;
let gateway: TestGateway;
let mirror: TestMirror;
let token: string;
beforeAll(async () => {
  agent = await startApyfalAgent({ tls: false });
  gateway = await startKernellessGateway({
    assets: new Map([["/", { headers: {}, body: "the page" }]]),
    auth: 'trusted_proxies: ["127.0.0.1/32"]',
  });
  mirror = await startTestMirror("emulator: true");
  token = await tokenOf("ada");
});
afterAll(async () => {
  await Promise.all([agent?.stop(), gateway?.stop(), mirror?.stop()]);
  rmSync(mirror.dir, { recursive: true, force: true });
});

const DAEMONS = ["agent", "gateway", "mirror"] as const;
type Daemon = (typeof DAEMONS)[number];

const peerOf = (daemon: Daemon): Peer => {
  if (daemon === "gateway") return { port: gateway.port, ca: gateway.cert };
  return { port: daemon === "agent" ? agent.port : mirror.mirror.port };
};
const say = async (daemon: Daemon, lines: readonly string[], body = ""): Promise<Reply> =>
  parseReply(await send(peerOf(daemon), `${lines.join("\r\n")}\r\n\r\n${body}`));

function expectProblem(reply: Reply, status: number, code: string) {
  expect(reply.status).toBe(status);
  expect(reply.headers["content-type"]).toBe("application/problem+json");
  expect(Number(reply.headers["content-length"])).toBe(reply.body.length);
  expect(Math.abs(Date.parse(reply.headers.date ?? "") - Date.now())).toBeLessThan(60_000);
  expect(JSON.parse(reply.body.toString())).toMatchObject({
    type: `urn:sallyport:problem:${code}`,
    status,
    instance: `urn:request:${reply.headers["x-request-id"]}`,
  });
}

describe.each(DAEMONS)("the %s", (daemon) => {
  test.each([
    ["none", []],
    ["two", ["Host: a", "Host: b"]],
    ["the same twice", ["Host: a", "X: y", "host: a"]],
    ["a blank in it", ["Host: a b"]],
    ["a user", ["Host: u@h"]],
    ["a path", ["Host: h/p"]],
    ["a list", ["Host: a, b"]],
    ["a port that is none", ["Host: h:x"]],
  ])("T-12: a request whose Host is %s is 400", async (_title, hosts) => {
    expectProblem(await say(daemon, ["GET /healthz HTTP/1.1", ...hosts, "Connection: close"]), 400, "malformed-host");
    // Smuggled behind it, nothing is answered.
    const piped = ["GET /healthz HTTP/1.1", ...hosts, "", "GET /healthz HTTP/1.1", "Host: h", "Connection: close"];
    expect((await say(daemon, piped)).raw.toString().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
  });

  test.each([
    ["HTTP/1.1", ["Host: h:1", "Connection: close"]],
    ["HTTP/1.1", ["Host:", "Connection: close"]],
    ["HTTP/1.0", []],
  ])("T-12: %s with %j is served", async (version, lines) => {
    expect((await say(daemon, [`GET /healthz ${version}`, ...lines])).status).toBe(200);
  });

  test.each(["FOO", "get", "GETX", "BREW", "X!y"])("T-12: the unknown method %s is 501", async (method) => {
    const head = [`${method} /healthz HTTP/1.1`, "Host: h", "Connection: close"];
    expectProblem(await say(daemon, head), 501, "not-implemented");
  });

  test("T-12: OPTIONS * is 501, and * with another method 400", async () => {
    const rest = ["Host: h", "Connection: close"];
    expectProblem(await say(daemon, ["OPTIONS * HTTP/1.1", ...rest]), 501, "not-implemented");
    expectProblem(await say(daemon, ["GET * HTTP/1.1", ...rest]), 400, "malformed-target");
  });

  test.each([
    ["no HTTP", "hello", 400, "malformed-request"],
    ["another version", "GET / HTTP/9.9", 505, "unknown-version"],
    ["a header of 20 KiB", `GET / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(20_000)}`, 431, "header-too-large"],
    ["CONNECT", "CONNECT h:1 HTTP/1.1\r\nHost: h", 405, "method-not-allowed"],
  ])("T-12: %s gets a problem with a date too", async (_title, head, status, code) => {
    expectProblem(await say(daemon, [head]), status, code);
  });
});

const FOREIGN = ["https://evil.example", "null", "http://127.0.0.1"];

describe("T-18: a page of another site changes nothing", () => {
  test.each(FOREIGN)("on the agent, from %s", async (origin) => {
    const kept = join(agent.base, "home/shared/kept");
    writeFileSync(kept, "kept");
    const host = `Host: 127.0.0.1:${agent.port}`;
    const form = [
      "--b",
      'Content-Disposition: form-data; name="parameters"',
      "",
      '{"app":{"dst":"host://~/shared/kept"}}',
      "--b--",
      "",
    ].join("\r\n");
    for (const [method, path, body] of [
      ["POST", "/v1.0/process/", form],
      ["POST", "/v1.0/process", form],
      ["POST", "/v1.0/configuration/", form],
      ["DELETE", "/v1.0/process/1/", ""],
      ["POST", "/v1.0/stop/", ""],
      ["GET", "/v1.0/stop", ""],
      ["PUT", "/v1/files/shared/kept", "evil"],
      ["DELETE", "/v1/files/shared/kept", ""],
      ["POST", "/v1/jobs?accelerator=other", "evil"],
      ["DELETE", "/v1/jobs/0123456789abcdef0123456789abcdef", ""],
      ["POST", "/nothing", ""],
    ] as const) {
      const head = [
        `${method} ${path} HTTP/1.1`,
        host,
        "Connection: close",
        `Origin: ${origin}`,
        "Content-Type: multipart/form-data; boundary=b",
        `Content-Length: ${body.length}`,
      ];
      expectProblem(await say("agent", head, body), 403, "cross-site");
    }
    expect(readFileSync(kept, "utf8")).toBe("kept");
  });

  test("on the agent, by a link to a GET that stops accelerators, which has only a referrer", async () => {
    const head = ["GET /v1.0/stop/ HTTP/1.1", "Host: h", "Connection: close", "Referer: http://evil.example/"];
    expectProblem(await say("agent", head), 403, "cross-site");
  });

  test.each(FOREIGN)("on the mirror, from %s", async (origin) => {
    const head = (method: string, path: string) => [
      `${method} ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${mirror.mirror.port}`,
      "Connection: close",
      `Origin: ${origin}`,
      "Content-Length: 0",
    ];
    const made = await say("mirror", head("POST", "/v1/domain?domain=evil"));
    expect([made.status, made.headers["x-amzn-errortype"]]).toEqual([403, "AccessDeniedException"]);
    for (const path of ["/d/evil-123456789012/npm/team/x", "/d/evil-123456789012/pypi/team/", "/healthz"]) {
      expectProblem(await say("mirror", head("POST", path)), 403, "cross-site");
    }
  });

  test.each(FOREIGN)("on the gateway, from %s, even with a token", async (origin) => {
    const headers = { Origin: origin };
    const body = { target_addr: "192.168.1.11", target_port: 22, target_component: "CentOS", target_name: "x" };
    for (const [method, path] of [
      ["POST", "/v1/forwards"],
      ["DELETE", "/v1/forwards/50000"],
    ] as const) {
      const reply = await gateway.ask(path, { method, token, body, headers });
      expect([reply.status, reply.json.type]).toEqual([403, "urn:sallyport:problem:cross-site"]);
    }
    for (const method of ["POST", "DELETE"]) {
      const reply = await gateway.ask("/api/1/ipam/portmap", { method, token, body, headers });
      expect([reply.status, Object.keys(reply.json)]).toEqual([403, ["error", "content", "params"]]);
    }
    expect(await gateway.gateway.forwards.list()).toEqual([]);
  });
});

describe("T-18: what works as before", () => {
  const forward = { target_addr: "192.168.1.11", target_port: 22, target_component: "CentOS", target_name: "x" };
  const open = (headers: Record<string, string>) =>
    gateway.ask("/api/1/ipam/portmap", { method: "POST", token, body: forward, headers });

  test("the gateway's own page opens forwards", async () => {
    const host = `127.0.0.1:${gateway.port}`;
    const { status } = await open({ Origin: `https://${host}`, Host: host, "Sec-Fetch-Site": "same-origin" });
    expect(status).toBeLessThan(300);
    // A page without referrers may get "null" from its browser, which then vouches for it.
    expect((await open({ Origin: "null", "Sec-Fetch-Site": "same-origin" })).status).toBeLessThan(300);
  });

  test("so it does behind a trusted proxy that sends a Host of its own", async () => {
    const front = { Origin: "https://front.test", "X-Forwarded-Host": "front.test" };
    expect((await open(front)).status).toBeLessThan(300);
    expect((await open({ ...front, "X-Forwarded-Host": "other.test" })).status).toBe(403);
  });

  test("other pages may read where they could before, and clients that are no browsers send no Origin", async () => {
    const head = (path: string) => [
      `GET ${path} HTTP/1.1`,
      "Host: h",
      "Connection: close",
      "Origin: https://evil.example",
    ];
    expect((await say("agent", head("/v1.0/process/"))).status).toBe(200);
    expect((await say("mirror", head("/healthz"))).status).toBe(200);
    const put = ["PUT /v1/files/shared/new HTTP/1.1", "Host: h", "Connection: close", "Content-Length: 1"];
    expect((await say("agent", put, "x")).status).toBe(201);
  });
});
