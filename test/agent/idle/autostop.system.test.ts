/** A real agent that ends its own instance: EC2 by the emulator, instance metadata by the demo's own service. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { IdleReport } from "../../../agent/idle/watch.js";
import { createMetadataServer } from "../../../local/emulator/imds.js";
import { someInstance } from "../../local/support/facts.js";
import { FaultProxy } from "../../support/fault-proxy.js";
import { type Moto, startMoto } from "../../support/moto.js";
import { textOf } from "../../support/raw-ec2.js";
import { BEARER, startTestAgent, type TestAgent } from "../support/test-agent.js";
import { open } from "../support/wire.js";

const ENV = {
  AWS_EC2_METADATA_V1_DISABLED: "true",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  AWS_CONFIG_FILE: "/nonexistent",
};
const closers: (() => unknown)[] = [];
let moto: Moto;
let dir: string;

beforeAll(async () => {
  moto = await startMoto();
  dir = mkdtempSync(join(tmpdir(), "sallyport-autostop-"));
  Object.assign(process.env, ENV);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  for (const name of [...Object.keys(ENV), "AWS_EC2_METADATA_SERVICE_ENDPOINT"]) delete process.env[name];
  rmSync(dir, { recursive: true });
  await moto.stop();
});

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** @returns the id of an instance that runs, and whose metadata this process now sees. */
async function becomeInstance(): Promise<string> {
  const body = await moto.raw.call("RunInstances", { ImageId: "ami-12c6146b", MinCount: "1", MaxCount: "1" });
  const instanceId = textOf(body, "instanceId");
  const credentials = async () => ({
    accessKeyId: "AKIAHOST",
    secretAccessKey: "secret",
    sessionToken: "session",
    expiration: new Date(Date.now() + 3_600_000),
  });
  const metadata = createMetadataServer({ facts: someInstance({ instanceId }), role: { name: "host", credentials } });
  process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = await listen(metadata);
  return instanceId;
}

async function stateOf(id: string): Promise<string> {
  const body = await moto.raw.call("DescribeInstances", { "InstanceId.1": id });
  return /<instanceState>[\s\S]*?<name>([^<]+)</.exec(body)?.[1] ?? "";
}

/** Where nobody is logged in, whoever is on the machine of this test. */
function nobody(): { sessions: string; net: string } {
  const places = { sessions: join(mkdtempSync(join(dir, "logins-")), "sessions"), net: "/nonexistent" };
  mkdirSync(places.sessions);
  return places;
}

interface Given {
  readonly action?: "stop" | "terminate";
  readonly endpoint?: string;
  readonly logins?: { sessions: string; net: string };
  readonly yaml?: string;
}

async function agent({ action = "stop", endpoint = moto.url, logins = nobody(), yaml = "" }: Given = {}) {
  const autostop = `{ idle_seconds: 1, action: ${action}, region: us-east-1, endpoint_url: "${endpoint}" }`;
  const started = await startTestAgent({ yaml: `autostop: ${autostop}\n${yaml}`, env: process.env, logins });
  closers.push(() => started.stop());
  return started;
}

async function report({ ask }: TestAgent): Promise<IdleReport> {
  const reply = await ask("/v1/idle");
  expect(reply.status).toBe(200);
  return JSON.parse(reply.body.toString());
}

/** Waits for a line of the log, however long that takes. */
async function logged({ log }: TestAgent, event: string): Promise<Record<string, unknown>> {
  for (;;) {
    const line = log.find((entry) => entry.event === event);
    if (line !== undefined) return line;
    await delay(20);
  }
}

describe("an agent with autostop", () => {
  test.each([
    ["stop", "stopped"],
    ["terminate", "terminated"],
  ] as const)("ends its own instance when it was idle for long enough: %s", async (action, state) => {
    const bystander = await becomeInstance();
    const id = await becomeInstance();
    const host = await agent({ action });
    expect(await logged(host, "autostop-accepted")).toMatchObject({ action, instance: id });
    expect(await stateOf(id)).toBe(state);
    expect(await stateOf(bystander)).toBe("running");
  });

  test("takes nothing more once it is ending, but still tells how it is", async () => {
    await becomeInstance();
    const host = await agent();
    await logged(host, "autostop-accepted");
    const refused = await host.ask("/v1/files/shared/late", { method: "PUT", body: "x" });
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body.toString())).toMatchObject({ type: "urn:sallyport:problem:going-down" });
    expect((await host.ask("/healthz")).status).toBe(200);
    expect((await report(host)).autostop).toMatchObject({ ending: true, stops_in_seconds: 0, action: "stop" });
  });

  test("does not while bytes of an upload move, and does when they have stopped", async () => {
    const id = await becomeInstance();
    const host = await agent();
    const socket = await open(host);
    const head = `PUT /v1/files/shared/slow HTTP/1.1\r\nHost: h\r\nAuthorization: ${BEARER.Authorization}\r\n`;
    socket.write(`${head}Content-Length: 1000000\r\n\r\n`);
    for (let sent = 0; sent < 25; sent += 1) {
      socket.write("some bytes");
      await delay(100);
    }
    const { busy, autostop } = await report(host);
    expect(busy).toEqual({ jobs: 0, transfers: 1, logins: 0 });
    expect(autostop).toMatchObject({ stops_in_seconds: 1, ending: false });
    expect(await stateOf(id)).toBe("running");
    // The client has vanished without closing the connection.
    await logged(host, "autostop-accepted");
    expect(await stateOf(id)).toBe("stopped");
    socket.destroy();
  });

  test("does not while a job runs or waits", async () => {
    const id = await becomeInstance();
    const host = await agent({ yaml: "accelerators: { nap: { filter: [sleep, '2'] } }" });
    const what = { method: "POST", headers: { "Content-Type": "application/json" } };
    for (const body of [JSON.stringify({ accelerator: "nap" }), JSON.stringify({ accelerator: "nap" })]) {
      expect((await host.ask("/v1/jobs", { ...what, body })).status).toBeLessThan(300);
    }
    while ((await report(host)).busy.jobs > 0) {
      expect(await stateOf(id)).toBe("running");
      await delay(250);
    }
    await logged(host, "autostop-accepted");
    expect(await stateOf(id)).toBe("stopped");
  });

  test("does not while somebody is logged in", async () => {
    const id = await becomeInstance();
    const logins = nobody();
    writeFileSync(join(logins.sessions, "3"), "USER=ubuntu\nSTATE=active\nCLASS=user\n");
    const host = await agent({ logins });
    await delay(2_000);
    expect(await report(host)).toMatchObject({ idle_seconds: 0, busy: { logins: 1 } });
    expect(await stateOf(id)).toBe("running");
    rmSync(join(logins.sessions, "3"));
    await logged(host, "autostop-accepted");
    expect(await stateOf(id)).toBe("stopped");
  });

  test("does not where nobody can tell who is logged in, and says so", async () => {
    const id = await becomeInstance();
    const host = await agent({ logins: { sessions: "/proc/self/nowhere", net: "/proc/self/nowhere" } });
    await logged(host, "logins-unknown");
    await delay(2_000);
    expect((await report(host)).busy.logins).toBeNull();
    expect(await stateOf(id)).toBe("running");
  });

  test("is not kept alive by questions about itself, nor by a stranger", async () => {
    await becomeInstance();
    const host = await agent();
    const stranger = { headers: { Authorization: "" }, method: "PUT", body: "x" };
    while (!host.log.some(({ event }) => event === "autostop-accepted")) {
      expect((await host.ask("/v1/idle")).status).toBe(200);
      expect((await host.ask("/v1/host")).status).toBe(200);
      expect((await host.ask("/v1/files/shared/x", stranger)).status).toBe(401);
      await delay(50);
    }
  });

  test("is kept alive by requests that come and go", async () => {
    const id = await becomeInstance();
    const host = await agent();
    for (let put = 0; put < 20; put += 1) {
      expect((await host.ask("/v1/files/shared/x", { method: "PUT", body: "x" })).status).toBeLessThan(300);
      await delay(100);
    }
    expect(await stateOf(id)).toBe("running");
  });

  test("goes on serving where its role may not, says so loudly, and tries again later", async () => {
    await becomeInstance();
    const code = "<Code>UnauthorizedOperation</Code><Message>not authorized. Encoded message: abc</Message>";
    const refusing = createServer((_, response) => {
      response.writeHead(403, { "content-type": "text/xml" });
      response.end(`<Response><Errors><Error>${code}</Error></Errors><RequestID>0</RequestID></Response>`);
    });
    const host = await agent({ endpoint: await listen(refusing) });
    const cause = "UnauthorizedOperation: the role of this host may not ec2:StopInstances on itself";
    expect(await logged(host, "autostop-failed")).toMatchObject({ level: 50, cause, retry_in_seconds: 15 });
    const { autostop } = await report(host);
    expect(autostop).toMatchObject({ error: cause, ending: false });
    expect(autostop?.stops_in_seconds).toBeGreaterThan(0);
    expect((await host.ask("/v1/files/shared/x", { method: "PUT", body: "x" })).status).toBe(201);
  });

  test("asks again where EC2 throttles", async () => {
    const id = await becomeInstance();
    let refusals = 2;
    const proxy = await FaultProxy.start({
      upstream: moto.url,
      fault: () => (refusals-- > 0 ? "throttled" : undefined),
    });
    closers.push(() => proxy.close());
    const host = await agent({ endpoint: proxy.url });
    await logged(host, "autostop-accepted");
    expect(proxy.takeCalls()).toEqual(["StopInstances", "StopInstances", "StopInstances"]);
    expect(await stateOf(id)).toBe("stopped");
  });
});

test("without autostop an agent tells its idle time all the same", async () => {
  const host = await startTestAgent({ logins: nobody() });
  closers.push(() => host.stop());
  const { since, ...told } = await report(host);
  expect(told).toEqual({ idle_seconds: 0, busy: { jobs: 0, transfers: 0, logins: 0 } });
  expect(Math.abs(Date.parse(since) - Date.now())).toBeLessThan(60_000);
  expect((await host.ask("/v1/idle", { headers: { Authorization: "" } })).status).toBe(401);
});
