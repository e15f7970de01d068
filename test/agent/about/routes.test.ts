/** What the agent says of itself. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { VERSION } from "../../../base/version.js";
import { test } from "../../fixtures/agent.js";
import { type JobAgent, startJobAgent } from "../support/job-agent.js";
import { ask } from "../support/wire.js";

let agent: JobAgent;
beforeAll(async () => {
  agent = await startJobAgent({ yaml: "serve_addresses: true" });
});
afterAll(() => agent.stop());

test("/readyz needs no token and says nothing more than its status", async () => {
  const reply = await ask(agent, "/readyz");
  expect([reply.status, reply.body.toString()]).toEqual([200, '{"status":"ready"}']);
});

test("/version needs the token", async () => {
  expect((await ask(agent, "/version")).status).toBe(401);
  expect((await agent.json("/version")).body).toEqual({
    name: "test-host",
    version: VERSION,
    node: process.versions.node,
  });
});

describe("/metrics", () => {
  test("needs the token", async () => {
    expect((await ask(agent, "/metrics")).status).toBe(401);
  });

  test("counts requests by route, jobs by state, bytes, memory and the days of the certificate", async () => {
    const id = await agent.submit("upper", "12345");
    await agent.ended(id);
    await agent.ask("/v1/files/shared/none/so/many/names");
    await agent.ask("/no/such/path");
    const reply = await agent.ask("/metrics");
    expect(reply.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = reply.body.toString();
    const value = (series: string) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${series} `))
          ?.split(" ")
          .at(-1),
      );
    const requests = (method: string, route: string, status: number) =>
      value(`http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`);
    expect(requests("POST", "/v1/jobs", 201)).toBe(1);
    expect(requests("GET", "/v1/jobs/{id}/events", 200)).toBe(1);
    expect(requests("GET", "/v1/files/{path}", 404)).toBe(1);
    expect(requests("GET", "other", 404)).toBe(1);
    const bucket = 'http_request_duration_seconds_bucket{method="POST",route="/v1/jobs",status="201",le=';
    expect(value(`${bucket}"+Inf"}`)).toBe(1);
    expect(value(`${bucket}"0.001"}`)).toBeLessThanOrEqual(value(`${bucket}"600"}`));
    expect(value('sallyport_jobs{accelerator="upper",state="done"}')).toBe(1);
    expect(value('sallyport_jobs_queue_length{accelerator="upper"}')).toBe(0);
    expect(value('sallyport_http_content_bytes_total{direction="received"}')).toBe(5);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    expect(value("sallyport_certificate_expiry_timestamp_seconds")).toBeGreaterThan(Date.now() / 1000);
    expect(text).not.toContain(id);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("a path that nobody knows makes no series of its own", async () => {
    const before = (await agent.ask("/metrics")).body.toString().split("\n").length;
    for (let i = 0; i < 20; i++) await agent.ask(`/v1/jobs/${i}/x${i}`);
    const after = (await agent.ask("/metrics")).body.toString().split("\n").length;
    expect(after - before).toBeLessThan(40);
  });
});

describe("/openapi.json", () => {
  const METHODS = ["get", "head", "put", "post", "delete", "patch", "options"];
  const document = async () => {
    const { reply, body } = await agent.json("/openapi.json");
    expect(reply.headers["content-type"]).toBe("application/json");
    return body as { openapi: string; paths: Record<string, Record<string, { responses: object }>> };
  };

  test("describes each method that is served at each of its paths, and no other", async () => {
    const { openapi, paths } = await document();
    expect(openapi).toBe("3.1.0");
    for (const [path, operations] of Object.entries(paths)) {
      const target = path.replace("{path}", "shared/none").replace("{id}", "0");
      const described = METHODS.filter((method) => method in operations);
      for (const method of METHODS) {
        const headers = { "Content-Type": "application/json", "Content-Length": "0" };
        const { status } = await agent.ask(target, { method: method.toUpperCase(), headers });
        // What is not served is 405, or 404 before it is looked at; what is described is something else.
        expect([path, method, status === 405]).toEqual([path, method, !described.includes(method)]);
      }
    }
  });

  test("has every path, and its methods", async () => {
    const { paths } = await document();
    const served = Object.entries(paths).map(([path, operations]) => `${path} ${Object.keys(operations).join(" ")}`);
    expect(served.sort()).toMatchInlineSnapshot(`
      [
        "/ get head",
        "/api/cluster/ip-addresses get head",
        "/healthz get head",
        "/metrics get head",
        "/openapi.json get head",
        "/readyz get head",
        "/v1.0/configuration/ get head post",
        "/v1.0/configuration/{id}/ get head",
        "/v1.0/process/ get head post",
        "/v1.0/process/{id}/ get head delete",
        "/v1.0/process/{id}/datafileresult get head",
        "/v1.0/schema/ get head",
        "/v1.0/stop/ get post",
        "/v1/accelerators get head",
        "/v1/files get head",
        "/v1/files/{path} get head put delete",
        "/v1/host get head",
        "/v1/idle get head",
        "/v1/jobs get head post",
        "/v1/jobs/{id} get head delete",
        "/v1/jobs/{id}/cancel post",
        "/v1/jobs/{id}/events get",
        "/v1/jobs/{id}/output get head",
        "/version get head",
      ]
    `);
  });

  test("leaves out what this host does not serve, and the token where none is asked for", async ({ startAgent }) => {
    const bare = await startAgent({ yaml: "auth: none" });
    const body = JSON.parse((await bare.ask("/openapi.json")).body.toString());
    expect(body.security).toEqual([]);
    expect(Object.keys(body.paths)).not.toContain("/api/cluster/ip-addresses");
    expect(Object.keys(body.paths).some((path) => path.startsWith("/v1.0/"))).toBe(false);
  });
});
