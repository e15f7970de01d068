import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { AgentClient } from "../../../client/agent/agent-client.js";
import { type VerifyOptions, verifyHost } from "../../../client/agent/verify-host.js";
import { type RunningAgent, runAgent, TOKEN } from "../support/agent.js";
import { pinned, wildcard } from "../support/certificates.js";
import { httpPeer, httpsPeer, silentPeer, tlsPeer } from "../support/peers.js";

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function verdicts(options: VerifyOptions): Promise<Record<string, string>> {
  const checks = await verifyHost({ portTimeout: 500, ...options });
  return Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
}

const defaults = async (agent: RunningAgent): Promise<VerifyOptions> => ({
  client: agent.client,
  hasToken: true,
  openPorts: [agent.port],
  closedPorts: [],
  httpPort: agent.httpPort,
});

describe("a host that keeps its promises", () => {
  it("passes every check, and each says what was tried and what came back", async () => {
    const agent = await runAgent();
    const told: string[] = [];
    const checks = await verifyHost({ ...(await defaults(agent)), onCheck: ({ name }) => told.push(name) });
    expect(told).toEqual(checks.map(({ name }) => name));
    const { certificate, ...others } = Object.fromEntries(checks.map(({ name, ...rest }) => [name, rest]));
    expect(certificate).toMatchObject({
      tried: `connect to 127.0.0.1:${agent.port}`,
      got: expect.stringMatching(/^verified, the very certificate, SHA-256 [0-9A-F:]{95}, 824 days left, TLSv1\.3$/),
      verdict: "ok",
    });
    expect(others).toEqual({
      "with the token": { tried: "GET /v1/files", got: "200", verdict: "ok" },
      "without a token": { tried: "GET /v1/files", got: "401", verdict: "ok" },
      "outside the directories": {
        tried: "GET 16 spellings of /etc/passwd",
        got: expect.stringMatching(/^(40[034] × \d+(, )?)+$/),
        verdict: "ok",
      },
      [`port ${agent.port}`]: { tried: `connect to port ${agent.port}`, got: "open", verdict: "ok" },
      "plain HTTP": {
        tried: `GET http on port ${agent.httpPort}`,
        got: `308 to https://127.0.0.1:${agent.port}/healthz`,
        verdict: "ok",
      },
    });
  });

  it("without authentication is warned about", async () => {
    const agent = await runAgent({ auth: "none" });
    expect(await verdicts({ ...(await defaults(agent)), hasToken: false })).toMatchObject({
      "with the token": "skipped",
      "without a token": "warning",
    });
  });

  it("without TLS is warned about", async () => {
    const agent = await runAgent({ certificate: false });
    expect(await verdicts(await defaults(agent))).toMatchObject({ certificate: "warning", "plain HTTP": "skipped" });
  });
});

describe("a host that does not", () => {
  it("because its certificate is another: what would need it is not tried, and no token is sent", async () => {
    const [ours, theirs] = await Promise.all([wildcard(), wildcard()]);
    const peer = await tlsPeer(theirs);
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert), token: TOKEN });
    const options = { client, hasToken: true, openPorts: [], closedPorts: [], httpPort: await closedPort() };
    expect(await verdicts(options)).toEqual({
      certificate: "failed",
      "with the token": "skipped",
      "without a token": "skipped",
      "outside the directories": "skipped",
      "plain HTTP": "ok",
    });
    expect(peer.heard()).toBe("");
  });

  it("because the token is not the one that was deployed", async () => {
    const agent = await runAgent();
    const client = new AgentClient({
      host: "127.0.0.1",
      port: agent.port,
      trust: pinned(agent.certificate.cert),
      token: `${TOKEN}x`,
    });
    expect(await verdicts({ ...(await defaults(agent)), client })).toMatchObject({
      "with the token": "failed",
      "without a token": "ok",
      "outside the directories": "failed",
    });
    client.close();
  });

  it("because it lets everybody in, answers any path and serves plain HTTP", async () => {
    const ours = await wildcard();
    const asked: string[] = [];
    const peer = await httpsPeer(ours, (request, response) => {
      asked.push(request.url ?? "");
      const json = { "Content-Type": "application/json" };
      response.writeHead(200, json).end('{"directories":[{"name":"shared","path":"/","mode":"rw"}]}');
    });
    const clear = await httpPeer((_request, response) => response.end("hello"));
    const client = new AgentClient({ host: "127.0.0.1", port: peer.port, trust: pinned(ours.cert), token: TOKEN });
    const options = { client, hasToken: true, openPorts: [], closedPorts: [], httpPort: clear.port };
    expect(await verdicts(options)).toEqual({
      certificate: "ok",
      "with the token": "ok",
      "without a token": "failed",
      "outside the directories": "failed",
      "plain HTTP": "failed",
    });
    // As raw bytes: nothing on the way out folded them.
    expect(asked).toContain("/v1/files/shared/../../etc/passwd");
    expect(asked).toContain("/v1/files/shared/%2e%2e/%2e%2e/%2e%2e/etc/passwd");
    client.close();
  });

  it("because its redirect leads to plain HTTP", async () => {
    const agent = await runAgent();
    const clear = await httpPeer((_request, response) => response.writeHead(308, { Location: "http://x/" }).end());
    expect(await verdicts({ ...(await defaults(agent)), httpPort: clear.port })).toMatchObject({
      "plain HTTP": "failed",
    });
  });

  it("because a port answers that must not, or one is silent that must answer", async () => {
    const agent = await runAgent();
    const [open, refused] = [await silentPeer(), await closedPort()];
    const missing = await closedPort();
    const options = { ...(await defaults(agent)), openPorts: [missing], closedPorts: [open.port, refused] };
    expect(await verdicts(options)).toMatchObject({
      [`port ${missing}`]: "failed",
      [`port ${open.port}`]: "failed",
      [`port ${refused}`]: "warning",
    });
  });
});

it("ends by its signal", async () => {
  const agent = await runAgent();
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const running = verifyHost({
    ...(await defaults(agent)),
    signal: controller.signal,
    onCheck: () => controller.abort(),
  });
  await expect(running).rejects.toMatchObject({ code: "client/aborted", exit: 130 });
});
