/** Forms as nobody honest sends them, and what is left of them: nothing. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent } from "../../../agent/serve.js";
import { parseConfig } from "../../../agent/settings/parse.js";
import { logged } from "../support/test-agent.js";
import { open } from "../support/wire.js";
import { type ApyfalAgent, startApyfalAgent } from "./apyfal-agent.js";
import { ApyfalClient, type Document, multipart, session } from "./apyfal-client.js";

let agent: ApyfalAgent;
let before: string[];
beforeAll(async () => {
  agent = await startApyfalAgent();
  await (await agent.client()).start();
  before = jobDirs();
});
afterAll(() => agent.stop());

const jobDirs = () =>
  readdirSync(join(agent.base, "home/jobs"))
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .sort();
const part = (name: string, value: string, more = "") =>
  `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const FILE = '; filename="src"\r\nContent-Type: application/octet-stream';
const post = async (body: string | Buffer, headers: Record<string, string> = {}) => {
  const type = { "Content-Type": "multipart/form-data; boundary=x" };
  const reply = await agent.http.send("POST", `${agent.url}/v1.0/process/`, {
    headers: { ...type, ...headers },
    body: Buffer.from(body),
  });
  return { status: reply.status, body: JSON.parse(reply.body.toString()) as Document };
};

describe("a form", () => {
  test.each([
    ["has 17 parts", Array.from({ length: 17 }, (_, n) => part(`f${n}`, "x")).join("")],
    ["has 100,000 parts", Array.from({ length: 100_000 }, () => part("", "")).join("")],
    ["has parameters above 1 MiB", part("parameters", " ".repeat(1024 * 1024 + 1))],
    ["has parameters twice", part("parameters", "{}") + part("parameters", "{}")],
    ["has two files", part("datafile", "a", FILE) + part("datafile", "b", FILE)],
    ["has a file above max_upload_bytes", part("datafile", "a".repeat(3_000_001), FILE)],
    ["has a field that nobody knows", part("datafile2", "a", FILE)],
    ["has a part without a name", "--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n"],
    ["has a part whose header never ends", `--x\r\nA: ${"b".repeat(200_000)}`],
    ["has a part of 10,000 headers", `--x\r\n${"A: b\r\n".repeat(10_000)}\r\nv\r\n`],
    ["has no closing boundary in a field", '--x\r\nContent-Disposition: form-data; name="parameters"\r\n\r\n{}', ""],
    ["has no closing boundary in its file", part("datafile", "abc", FILE).slice(0, -2), ""],
    ["is nothing at all", "", ""],
    ["is something else", "hello", ""],
    ["is one boundary", "--x", ""],
    ["has no configuration", part("datafile", "abc", FILE)],
  ])("that %s is refused, and nothing of it is left", async (_what, body, end = "--x--\r\n") => {
    const reply = await post(body + end);
    expect([400, 413]).toContain(reply.status);
    expect(reply.body.detail).toEqual(expect.any(String));
    expect(jobDirs()).toEqual(before);
  });

  test("that is cut off after any of its bytes is refused, and the agent lives on", async () => {
    const whole = `preamble\r\n${part("parameters", "{}")}${part("datafile", "abc", FILE)}--x--`;
    for (let length = 0; length < whole.length; length += 1) {
      const { status, body } = await post(whole.slice(0, length));
      expect([length, status, body.title]).toEqual([length, 400, "Bad request"]);
    }
    expect(jobDirs()).toEqual(before);
  });

  test.each([
    ["multipart/form-data"],
    ["multipart/form-data; boundary="],
    ["application/json"],
    ["multipart/mixed; boundary=x"],
    ["application/x-www-form-urlencoded"],
  ])("of type %s is 415", async (type) => {
    expect((await post(part("parameters", "{}"), { "Content-Type": type })).status).toBe(415);
  });

  test("says which of its limits it broke", async () => {
    const details = await Promise.all(
      [
        part("parameters", " ".repeat(1024 * 1024 + 1)),
        part("parameters", "{}").repeat(2),
        part("datafile", "a", FILE).repeat(2),
        part("x", "y"),
      ].map(async (body) => (await post(`${body}--x--\r\n`)).body.detail),
    );
    expect(details).toEqual([
      '"parameters" may have at most 1048576 bytes',
      'the form has "parameters" more than once',
      'the form has "datafile" more than once',
      "the form has a field that is not known here; known: parameters, configuration, datafile",
    ]);
  });

  test.each([0, 1, 65_537, 3_000_000])("with a file of %i bytes arrives byte for byte", async (size) => {
    const client = await agent.client();
    const src = Buffer.alloc(size, "sallyport-");
    const { output } = await client.process({ src, dst: true });
    expect(output?.equals(Buffer.from(src.toString().toUpperCase()))).toBe(true);
    expect(jobDirs()).toEqual(before);
  });

  test("whose client vanishes in the middle leaves nothing", async () => {
    const socket = await open(agent);
    const head = "POST /v1.0/process/ HTTP/1.1\r\nHost: h\r\nX-Request-Id: vanished\r\nContent-Length: 1000000\r\n";
    socket.write(
      `${head}Content-Type: multipart/form-data; boundary=x\r\n\r\n${part("datafile", "a".repeat(9_000), FILE)}`,
    );
    while (jobDirs().length === before.length) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    expect((await logged(agent, "vanished")).verdict).toBe("aborted");
    while (jobDirs().length > before.length) await new Promise((resolve) => setImmediate(resolve));
    expect(jobDirs()).toEqual(before);
  });

  test("that is refused early does not stop the next request", async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await post(part("x", "y") + part("datafile", "a".repeat(2_000_000), FILE))).status).toBe(400);
    }
    const client = await agent.client();
    expect((await client.process({ src: Buffer.from("ok"), dst: true })).output?.toString()).toBe("OK");
  });

  test("A-45: is refused by its length before it is sent, where it cannot fit", async () => {
    const socket = await open(agent);
    const head = "POST /v1.0/process/ HTTP/1.1\r\nHost: h\r\nContent-Length: 30000000000\r\nExpect: 100-continue\r\n";
    const answer = new Promise<string>((resolve) => socket.once("data", (data: Buffer) => resolve(data.toString())));
    socket.write(`${head}Content-Type: multipart/form-data; boundary=x\r\n\r\n`);
    expect(await answer).toContain("HTTP/1.1 413");
    socket.destroy();
  });
});

test("A-72, A-74: ids outlive a restart: none is given twice, and what was under way has failed", async () => {
  const own = await startApyfalAgent();
  const client = await own.client();
  await client.start();
  const configuration = String(client.configurationUrl);
  const form = multipart({ configuration, parameters: '{"app":{"specific":{"please":"hang"}}}' });
  const first = JSON.parse((await own.http.send("POST", `${own.url}/v1.0/process/`, form)).body.toString());
  const gone = JSON.parse((await own.http.send("POST", `${own.url}/v1.0/process/`, form)).body.toString());
  await own.http.send("DELETE", gone.url);
  expect([first.id, gone.id]).toEqual([1, 2]);
  const running = async () => (await own.http.send("GET", `${own.url}/v1/jobs?state=running`)).body.toString();
  await expect.poll(running).toContain('"running"');
  own.http.close();
  await own.agent.close();

  const again = await startAgent(parseConfig(own.source, "agent.yaml"), {
    env: { HOME: join(own.base, "home") },
    log: pino({ level: "silent" }),
  });
  const http = session(own.ca);
  const url = `https://127.0.0.1:${again.httpsPort}`;
  const second = await new ApyfalClient(url, http).connect();
  expect(second.configurationUrl).toBe(`${url}/v1.0/configuration/1/`);
  const read = async (path: string) => JSON.parse((await http.send("GET", url + path)).body.toString());
  expect(await read("/v1.0/process/1")).toMatchObject({ processed: true, inerror: true, errorcode: "interrupted" });
  expect((await http.send("GET", `${url}/v1.0/process/2`)).status).toBe(404);
  expect((await second.process({ src: Buffer.from("x"), dst: true })).id).toBe(3);
  await second.start();
  expect(second.configurationUrl).toBe(`${url}/v1.0/configuration/2/`);
  http.close();
  await again.close();
  rmSync(own.base, { recursive: true, force: true });
});

test("T-26: a configuration that waits when the agent stops is 503, and succeeds after the restart", async () => {
  const own = await startApyfalAgent({ limits: { graceMs: 10_000 } });
  const client = await own.client();
  await client.start();
  const form = multipart({ parameters: '{"app":{"specific":{"please":"hang"}}}', configuration: "1" });
  await own.http.send("POST", `${own.url}/v1.0/process/`, form);
  const waiting = own.http.send("POST", `${own.url}/v1.0/configuration/`, multipart({ parameters: "{}" }));
  const queued = async () => (await own.http.send("GET", `${own.url}/v1/jobs?state=queued`)).body.toString();
  await expect.poll(queued).toContain('"start"');
  await own.agent.close();
  expect(await waiting).toMatchObject({ status: 503 });
  own.http.close();

  const again = await startAgent(parseConfig(own.source, "agent.yaml"), {
    env: { HOME: join(own.base, "home") },
    log: pino({ level: "silent" }),
  });
  const http = session(own.ca);
  const read = async () =>
    JSON.parse((await http.send("GET", `https://127.0.0.1:${again.httpsPort}/v1.0/configuration/2/`)).body.toString());
  await expect.poll(read).toMatchObject({ processed: true, inerror: false, used: true });
  http.close();
  await again.close();
  rmSync(own.base, { recursive: true, force: true });
});
