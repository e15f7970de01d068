/**
 * The OpenAPI documents of agent and gateway: Redocly finds nothing to say about them, and Prism, between the kit's own
 * clients and the daemons, finds no request and no answer that they do not describe.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AgentClient } from "../../client/agent/agent-client.js";
import { GatewayClient } from "../../client/gateway/client.js";
import { startTestAgent, type TestAgent, TOKEN } from "../agent/support/test-agent.js";
import { pinned } from "../client/support/certificates.js";
import { startKernellessGateway, type TestGateway, tokenOf } from "../gateway/support/gateway.js";
import { run } from "../support/run.js";

const INSTALLED = join(import.meta.dirname, "node_modules");
/** Both programs need a newer Node than the oldest that the kit supports. */
const NODE = join(INSTALLED, `node-linux-${process.arch}/bin/node`);
const REDOCLY = join(INSTALLED, "@redocly/cli/bin/cli.js");
const PRISM = join(INSTALLED, "@stoplight/prism-cli/dist/index.js");

interface Problem {
  readonly ruleId: string;
  readonly location: readonly { readonly pointer: string }[];
}

interface Document {
  readonly paths: Record<string, Record<string, { readonly security?: unknown }>>;
}

const dir = mkdtempSync(join(tmpdir(), "sallyport-openapi-"));
const running: (() => Promise<void>)[] = [];
let agent: TestAgent;
let gateway: TestGateway;
let documents: { readonly agent: Document; readonly gateway: Document };
beforeAll(async () => {
  const accelerators = "{ upper: { filter: [tr, a-z, A-Z] }, slow: { filter: [sleep, '600'] } }";
  agent = await startTestAgent({ tls: false, yaml: `accelerators: ${accelerators}\njobs_dir: "~/jobs"` });
  gateway = await startKernellessGateway({ assets: new Map() });
  const bearer = { headers: { Authorization: `Bearer ${TOKEN}` } };
  documents = {
    agent: JSON.parse((await agent.ask("/openapi.json", bearer)).body.toString()),
    gateway: (await gateway.ask("/openapi.json")).json,
  };
});
afterAll(async () => {
  await Promise.all(running.map((stop) => stop()));
  await Promise.all([agent?.stop(), gateway?.stop()]);
  rmSync(dir, { recursive: true, force: true });
});

test.each([
  // Apyfal's clients ask for paths that end with a slash.
  ["agent", ["--skip-rule=no-path-trailing-slash"]],
  ["gateway", []],
] as const)("Redocly: the document of the %s", async (name, flags) => {
  const file = join(dir, `${name}.json`);
  writeFileSync(file, JSON.stringify(documents[name]));
  const env = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const lint = [REDOCLY, "lint", file, "--format=json", "--extends=recommended", ...flags];
  const { stdout, exitCode } = await run(NODE, lint, { env });
  const { problems } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { problems: Problem[] };
  expect(problems.map(({ ruleId, location: [at] }) => `${ruleId} ${at?.pointer}`)).toEqual([]);
  expect(exitCode).toBe(0);
});

test("Prism: the agent's client", async () => {
  const paths = Object.entries(documents.agent.paths).map(([path, item]) =>
    // OpenAPI has no parameter for a path with slashes, so a file gets two.
    path === "/v1/files/{path}" ? { path: "/v1/files/{dir}/{path}", item: withDirectory(item) } : { path, item },
  );
  const { get: listing = {} } = documents.agent.paths["/v1/files/{path}"] ?? {};
  const split = {
    ...documents.agent,
    paths: {
      ...Object.fromEntries(paths.map(({ path, item }) => [path, item])),
      "/v1/files/{path}": { get: listing },
    },
  };
  const prism = await startPrism("agent", split, `http://127.0.0.1:${agent.port}`);
  const client = new AgentClient({ host: "127.0.0.1", port: prism.port, trust: { kind: "plain" }, token: TOKEN });
  const { jobs } = client;
  try {
    await client.health();
    await client.host();
    await client.idle();
    await client.directories();
    await client.put("shared/file", Readable.from([Buffer.from("content")]), { size: 7 });
    await client.list("shared");
    await client.get("shared/file", new PassThrough().resume());
    await client.remove("shared/file");
    await jobs.accelerators();
    const { id } = await jobs.submit({ accelerator: "upper", input: { stream: Readable.from(["text"]) } });
    await jobs.follow(id);
    await jobs.get(id);
    await jobs.list();
    await jobs.output(id, new PassThrough().resume());
    const { id: slow } = await jobs.submit({ accelerator: "slow", input: { stream: Readable.from(["x"]) } });
    await jobs.cancel(slow);
    await jobs.remove(id);
    // What the client never asks.
    const apyfal = ["/", "/v1.0/configuration/", "/v1.0/process/", "/v1.0/schema/"];
    for (const path of ["/readyz", "/version", "/metrics", "/openapi.json", ...apyfal]) await prism.get(path, TOKEN);
  } finally {
    client.close();
  }
  // Apyfal's clients leave out the slash at the end, which Prism takes for another path.
  await prism.end(operationsOf(split).filter((each) => !/^(post|delete) \/v1\.0\/|\/v1\.0\/.*(\{|stop)/.test(each)));
});

test("Prism: the gateway's client", async () => {
  const upstream = `https://127.0.0.1:${gateway.port}`;
  const prism = await startPrism("gateway", documents.gateway, upstream, join(gateway.dir, "cert"));
  const token = await tokenOf("ada");
  // The client speaks TLS only.
  const pair = { cert: gateway.cert, key: readFileSync(join(gateway.dir, "key"), "utf8") };
  const front = createTlsServer(pair, (socket) => {
    const to = connect(prism.port, "127.0.0.1");
    socket.pipe(to).pipe(socket);
    for (const each of [socket, to]) each.on("error", () => undefined);
  });
  const port = await new Promise<number>((resolve) => {
    front.listen(0, "127.0.0.1", () => resolve((front.address() as AddressInfo).port));
  });
  const client = new GatewayClient({ url: `https://127.0.0.1:${port}`, token, trust: pinned(gateway.cert) });
  try {
    const wanted = { targetAddr: "192.168.1.11", targetPort: 22, name: "box", component: "CentOS" };
    const { connPort } = await client.create(wanted);
    const second = await client.create({ ...wanted, targetPort: 80 }, { sources: ["192.0.2.0/24"], expiresIn: 3_600 });
    await client.forwards();
    await client.machines();
    await client.remove(connPort);
    const { url } = await client.signInLink();
    await prism.send("POST", "/v1/sign-in/redeem", token, JSON.stringify({ code: url.split("=").at(-1) }));
    const reads = ["/v1/forwards", `/v1/forwards/${second.connPort}`, "/v1/machines", "/v1/machines/192.168.1.11"];
    const about = ["/v1/usage", "/v1/whoami", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"];
    for (const path of [...reads, ...about, "/api/1/ipam/healthcheck"]) await prism.get(path, token);
    await prism.send("DELETE", `/v1/forwards/${second.connPort}`, token);
  } finally {
    client.close();
    front.close();
  }
  await prism.end(operationsOf(documents.gateway));
});

/** All but HEAD, which the documents derive from GET. */
function operationsOf({ paths }: Document): string[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => method !== "head")
      .map((method) => `${method} ${path}`),
  );
}

function withDirectory(item: Document["paths"][string]): Document["paths"][string] {
  const directory = { name: "dir", in: "path", required: true, schema: { type: "string" } };
  const entries = Object.entries(item as Record<string, { parameters?: object[] }>);
  return Object.fromEntries(
    entries.map(([method, operation]) => [
      method,
      { ...operation, operationId: `${method}File`, parameters: [directory, ...(operation.parameters ?? [])] },
    ]),
  ) as Document["paths"][string];
}

async function startPrism(name: string, document: object, upstream: string, certificate?: string) {
  const file = join(dir, `${name}-prism.json`);
  writeFileSync(file, JSON.stringify(document));
  const port = await freePort();
  const child = spawn(NODE, [PRISM, "proxy", file, upstream, "-p", String(port), "--errors", "-v", "info"], {
    env: { ...process.env, NO_COLOR: "1", ...(certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  await once(child, "spawn");
  const ended = once(child, "close");
  const stop = async () => {
    child.kill();
    await ended;
  };
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      log += text;
    });
  }
  running.push(stop);
  await expect.poll(() => log).toContain("Prism is listening");

  const send = (method: string, path: string, token: string, body?: string) =>
    new Promise<void>((resolve, reject) => {
      const headers = {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": body.length }),
      };
      const sent = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
        answer.resume();
        answer.once("end", () => {
          if ((answer.statusCode ?? 0) < 300) resolve();
          else reject(new Error(`${method} ${path}: ${answer.statusCode}\n${log}`));
        });
      });
      sent.once("error", reject);
      sent.end(body);
    });
  return {
    port,
    send,
    get: (path: string, token: string) => send("GET", path, token),
    /** Nothing was found, and each of the operations was asked for. */
    end: async (operations: readonly string[]) => {
      await stop();
      expect(log).not.toMatch(/violation/i);
      const asked = [...log.matchAll(/\[HTTP SERVER\] (\w+) (\/\S*)/g)].map(([, method, path]) => `${method} ${path}`);
      const left = operations.filter((operation) => {
        const pattern = new RegExp(`^${operation.replaceAll(/\{[^}]*\}/g, "[^/?]+").replaceAll(".", "\\.")}(\\?|$)`);
        return !asked.some((each) => pattern.test(each));
      });
      expect(left).toEqual([]);
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
