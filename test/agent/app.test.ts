/** Access, the answers to callers without a token, and the content of the log. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { VERSION } from "../../base/version.js";
import { test } from "../fixtures/agent.js";
import { logged, startTestAgent, type TestAgent, TOKEN } from "./support/test-agent.js";
import { ask, parseReply } from "./support/wire.js";

let agent: TestAgent;
beforeAll(async () => {
  agent = await startTestAgent({
    sshDir: join(import.meta.dirname, "nowhere"),
    arrange: (base) => writeFileSync(join(base, "home/shared/file"), "content"),
  });
});
afterAll(() => agent.stop());

describe("the token", () => {
  test.each([
    ["GET", "/v1/host"],
    ["GET", "/v1/files"],
    ["GET", "/v1/files/shared/file"],
    ["GET", "/v1/files/shared/../../etc/passwd"],
    ["GET", "/v1/files/shared/%zz"],
    ["GET", "/nothing"],
    ["PUT", "/v1/files/shared/new"],
    ["DELETE", "/v1/files/shared/file"],
    ["OPTIONS", "*"],
    ["GET", "/healthz/"],
    ["GET", "//healthz"],
  ])("%s %s without it is 401, whatever is there", async (method, target) => {
    for (const headers of [{}, { Authorization: `Bearer ${TOKEN}x` }, { Authorization: `Basic ${TOKEN}` }]) {
      const reply = await ask(agent, target, { method, headers });
      expect(reply.status).toBe(401);
      expect(reply.headers["www-authenticate"]).toBe("Bearer");
      expect(JSON.parse(reply.body.toString())).toEqual({
        type: "urn:sallyport:problem:unauthorized",
        title: "Unauthorized",
        status: 401,
        detail: "send the header Authorization: Bearer <token>",
        instance: `urn:request:${reply.headers["x-request-id"]}`,
      });
    }
  });

  test("in the query or as a cookie is no token", async () => {
    expect((await ask(agent, `/v1/files?access_token=${TOKEN}`)).status).toBe(401);
    expect((await ask(agent, "/v1/files", { headers: { Cookie: `token=${TOKEN}` } })).status).toBe(401);
  });

  test("is not needed for /healthz, which says only that the agent lives", async () => {
    const reply = await ask(agent, "/healthz");
    expect(reply.status).toBe(200);
    expect(reply.body.toString()).toBe('{"status":"ok"}');
    const head = await ask(agent, "/healthz", { method: "HEAD" });
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  test("an upload without it is answered before its body is read, and the answer arrives", async () => {
    const reply = await ask(agent, "/v1/files/shared/new", { method: "PUT", body: Buffer.alloc(5_000_000) });
    expect(reply.status).toBe(401);
    expect(reply.headers.connection).toBe("close");
  });

  test("auth: none lets everybody in and warns in the log", async ({ startAgent }) => {
    const open = await startAgent({ yaml: "auth: none" });
    expect((await ask(open, "/v1/files")).status).toBe(200);
    expect(open.log).toContainEqual(expect.objectContaining({ level: 40, event: "open" }));
  });
});

describe("documents", () => {
  const json = async (target: string) => JSON.parse((await agent.ask(target)).body.toString());

  test("/v1/files lists the authorized directories, with and without a last slash", async () => {
    const directories = [
      { name: "shared", path: agent.shared, mode: "rw" },
      { name: "data", path: agent.data, mode: "ro" },
    ];
    expect(await json("/v1/files")).toEqual({ directories });
    expect(await json("/v1/files/")).toEqual({ directories });
    expect(await json("https://h/v1/files?x")).toEqual({ directories });
  });

  test("/v1/host has the SSH host keys as they are at that moment, without private ones", async ({ startAgent }) => {
    const sshDir = join(agent.base, "ssh");
    const own = await startAgent({ sshDir });
    expect(JSON.parse((await own.ask("/v1/host")).body.toString()).ssh_host_keys).toEqual([]);
    mkdirSync(sshDir);
    writeFileSync(join(sshDir, "ssh_host_ed25519_key.pub"), "ssh-ed25519 AAAAC3 root@host\n");
    writeFileSync(join(sshDir, "ssh_host_ed25519_key"), "PRIVATE");
    writeFileSync(join(sshDir, "other.pub"), "ssh-rsa AAAA");
    const host = JSON.parse((await own.ask("/v1/host")).body.toString());
    expect(host).toMatchObject({ name: "test-host", version: VERSION, ssh_host_keys: ["ssh-ed25519 AAAAC3"] });
    expect(host.directories).toHaveLength(2);
  });

  test.each(["/", "/v1", "/v1/hosts", "/V1/files", "/v1/files%2fshared", "/openapi.json/x"])(
    "%s is 404 as a problem",
    async (target) => {
      const reply = await agent.ask(target);
      expect([reply.status, reply.headers["content-type"]]).toEqual([404, "application/problem+json"]);
    },
  );

  test.each(["POST", "PUT", "DELETE"])("%s on a document is 405, and its body is not read", async (method) => {
    const reply = await agent.ask("/v1/host", { method, body: "{" });
    expect([reply.status, reply.headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  test("a malformed target is 400", async () => {
    const reply = parseReply(
      await agent.send(`GET /v1/#x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`),
    );
    expect(reply.status).toBe(400);
  });
});

describe("the request id", () => {
  test("is the client's where it is well-formed, in the header, the problem and the log", async () => {
    const reply = await agent.ask("/v1/files/shared/none", { headers: { "X-Request-Id": "my-id.1" } });
    expect(reply.headers["x-request-id"]).toBe("my-id.1");
    expect(JSON.parse(reply.body.toString()).instance).toBe("urn:request:my-id.1");
    expect((await logged(agent, "my-id.1")).status).toBe(404);
  });

  test.each(["a b", '"><script>', "x".repeat(65), ""])("%j is replaced", async (id) => {
    const reply = await agent.ask("/healthz", { headers: { "X-Request-Id": id } });
    expect(reply.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("the access log", () => {
  test("has one line for each request: who, what, how much, verdict", async () => {
    await agent.ask("/v1/files/shared/file?secret=in-the-query", { headers: { "X-Request-Id": "logged-get" } });
    expect(await logged(agent, "logged-get")).toEqual({
      level: 30,
      time: expect.any(Number),
      event: "access",
      id: "logged-get",
      remote: "127.0.0.1",
      method: "GET",
      path: "/v1/files/shared/file",
      status: 200,
      bytes: 7,
      ms: expect.any(Number),
      verdict: "ok",
      who: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    await agent.ask("/v1/files/shared/up", { method: "PUT", body: "12345", headers: { "X-Request-Id": "logged-put" } });
    expect(await logged(agent, "logged-put")).toMatchObject({ status: 201, bytes: 0, received: 5 });
  });

  test.each([
    ["/v1/files/shared/../x", {}, "outside"],
    ["/v1/files/shared/%00", {}, "malformed"],
    ["/v1/files/shared/none", {}, "missing"],
    ["/v1/files/shared/file", { Authorization: "Bearer nope" }, "unauthorized"],
    ["/v1/files/shared/file", { "If-Match": '"x"' }, "precondition-failed"],
  ])("%s → %j → %s", async (target, headers, verdict) => {
    const reply = await agent.ask(target, { headers });
    expect((await logged(agent, reply.headers["x-request-id"])).verdict).toBe(verdict);
  });

  test("never holds the token, a query, or a byte of a file", async () => {
    await agent.ask("/v1/files/shared/x", { method: "PUT", body: "BODY-BYTES" });
    await agent.ask("/v1/files/shared/x?password=QUERY-SECRET");
    await ask(agent, "/v1/files", { headers: { Authorization: "Bearer WRONG-TOKEN-BYTES" } });
    const text = JSON.stringify(agent.log);
    for (const secret of [TOKEN, "BODY-BYTES", "QUERY-SECRET", "WRONG-TOKEN-BYTES"]) expect(text).not.toContain(secret);
  });

  test("keeps control characters and very long paths from breaking its lines", async () => {
    const reply = await agent.ask(`/v1/files/shared/${"x".repeat(5000)}`);
    expect(reply.status).toBe(400);
    const entry = await logged(agent, reply.headers["x-request-id"]);
    expect(String(entry.path)).toHaveLength(2051);
  });
});

describe("the plain port", () => {
  test("only redirects, permanently, with method and body kept, to the same path over HTTPS", async () => {
    const port = agent.agent.httpsPort;
    for (const method of ["GET", "PUT", "DELETE", "POST"]) {
      const reply = await ask(agent.plain, "/v1/files/shared/a%20b?q=1", { method, headers: { Host: "127.0.0.1:80" } });
      expect(reply.status).toBe(308);
      expect(reply.headers.location).toBe(`https://127.0.0.1:${port}/v1/files/shared/a%20b?q=1`);
      expect(reply.body.length).toBe(0);
    }
  });

  test("even with the right token nothing is served", async () => {
    const reply = await ask(agent.plain, "/v1/files/shared/file", { headers: { Authorization: `Bearer ${TOKEN}` } });
    expect(reply.status).toBe(308);
    expect(reply.raw.includes("content\n")).toBe(false);
  });

  test.each([
    ["http://127.0.0.1/x", "evil.example", "/x"],
    ["//evil.example/x", "127.0.0.1", "//evil.example/x"],
    ["/x", "evil_example", "/x"],
    ["/x", "", "/x"],
  ])("%s with Host: %s leads to no other host", async (target, host, path) => {
    const reply = await ask(agent.plain, target, { headers: { Host: host } });
    expect(reply.headers.location).toBe(`https://127.0.0.1:${agent.agent.httpsPort}${path}`);
  });

  test.each(["evil.example/y", "a@evil.example"])("T-12: leads nowhere with Host: %s", async (host) => {
    const reply = await ask(agent.plain, "/x", { headers: { Host: host } });
    expect([reply.status, reply.headers.location]).toEqual([400, undefined]);
  });

  test("serves the same API, behind the same token, where tls is false, and warns in the log", async ({
    startAgent,
  }) => {
    const plain = await startAgent({ tls: false });
    expect(plain.agent.httpsPort).toBeUndefined();
    expect((await ask(plain, "/v1/files")).status).toBe(401);
    expect((await plain.ask("/v1/files")).status).toBe(200);
    expect((await plain.ask("/v1/files/shared/x", { method: "PUT", body: "y" })).status).toBe(201);
    expect(plain.log).toContainEqual(expect.objectContaining({ level: 40, event: "plain" }));
  });
});
