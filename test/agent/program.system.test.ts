/** The agent as systemd starts it: one bundled file, a configuration, signals and exit statuses. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VERSION } from "../../base/version.js";
import { run } from "../support/run.js";
import { makeCertificate } from "./support/certificate.js";
import { BUNDLED_AGENT, startProgram } from "./support/program.js";
import { ask, open } from "./support/wire.js";

const TOKEN = "program-token-0123456789";
const pair = makeCertificate();
let base: string;
const env = () => ({ PATH: process.env.PATH, HOME: base, CREDENTIALS_DIRECTORY: join(base, "credentials") });

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "sallyport-program-"));
  mkdirSync(join(base, "credentials"));
  writeFileSync(join(base, "credentials/tls.key"), pair.key);
  writeFileSync(join(base, "credentials/token"), TOKEN);
  writeFileSync(join(base, "tls.crt"), pair.cert);
});
afterAll(() => {
  rmSync(base, { recursive: true });
});

function config(more = "", listen = '{ address: "127.0.0.1", https_port: 0, http_port: false }'): string {
  const file = join(base, "agent.yaml");
  const tls = 'tls: { cert: ~/tls.crt, key: "credential:tls.key" }';
  writeFileSync(file, `name: program\nlisten: ${listen}\n${tls}\n${more}`);
  return file;
}
const agent = (...args: string[]) => run(process.execPath, [BUNDLED_AGENT, ...args], { env: env(), inheritEnv: false });

test("serves, reloads on SIGHUP, and ends with 0 on SIGTERM after the running transfer", async () => {
  const program = startProgram(BUNDLED_AGENT, ["serve", "--config", config()], env());
  const { https_port: port } = await program.event("listening");
  const peer = { port: Number(port), ca: pair.cert };
  const headers = { Authorization: `Bearer ${TOKEN}` };
  expect((await ask(peer, "/v1/files/shared/a", { method: "PUT", body: "x", headers })).status).toBe(201);
  program.child.kill("SIGHUP");
  await program.event("reloaded");

  const socket = await open(peer);
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk;
  });
  const head = `PUT /v1/files/shared/b HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${TOKEN}\r\nExpect: 100-continue\r\n`;
  socket.write(`${head}Content-Length: 4\r\n\r\n`);
  await new Promise((resolve) => socket.once("data", resolve));
  program.child.kill("SIGTERM");
  await program.event("stopping");
  socket.write("last");
  await new Promise((resolve) => socket.once("close", resolve));
  expect(said).toContain("HTTP/1.1 201 Created");
  expect(await program.ended).toEqual({ code: 0, signal: null, stderr: "" });
});

test("check says that all is in order, or the one thing that is not", async () => {
  const file = config();
  expect(await agent("check", "--config", file)).toEqual({ exitCode: 0, stdout: `"${file}" is in order`, stderr: "" });
  const bad = await agent("check", "--config", config("authorized_host_dirs: [{ name: x, path: /nowhere }]\n"));
  expect([bad.exitCode, bad.stderr]).toEqual([
    2,
    'error: authorized directory "/nowhere" does not exist\n  make it, or remove the entry',
  ]);
});

test("a port already taken is one clear line and status 1", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const { exitCode, stderr } = await agent(
    "serve",
    "--config",
    config("", `{ address: "127.0.0.1", https_port: ${port}, http_port: false }`),
  );
  taken.close();
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    `error: port ${port} on "127.0.0.1" is already taken\n` +
      `  see who has it with "ss -ltnp 'sport = :${port}'", or set another port under "listen"`,
  );
});

const USES =
  "agent.mjs serve --config FILE, or agent.mjs check --config FILE, or agent.mjs fetch-secrets --config FILE --out DIR [--timeout SECONDS]";

test.each([
  [[], 2, `error: no command was given\n  ${USES}`],
  [["serv"], 2, 'error: there is no command "serv"\n  write "serve", "check" or "fetch-secrets"'],
  [
    ["serve", "--config", "/nowhere.yaml"],
    2,
    'error: there is no configuration file "/nowhere.yaml"\n  name one with --config FILE',
  ],
  [["serve", "--port", "1"], 2, `error: Unknown option '--port'\n  ${USES}`],
  [["fetch-secrets"], 2, `error: fetch-secrets needs --out DIR\n  ${USES}`],
])("%j ends with %i and a line that says what to write", async (args, exitCode, stderr) => {
  expect(await agent(...args)).toMatchObject({ exitCode, stderr, stdout: "" });
});

test("fetch-secrets without a secrets section says what to add", async () => {
  const { exitCode, stderr } = await agent("fetch-secrets", "--config", config(), "--out", join(base, "out"));
  expect([exitCode, stderr]).toEqual([
    2,
    `error: "${base}/agent.yaml" has no "secrets" section\n  add "secrets:" with the names of the parameters`,
  ]);
});

test("an unreadable key is one clear line and status 2", async () => {
  const file = config();
  writeFileSync(file, "name: x\ntls: { cert: ~/tls.crt, key: ~/credentials }\n");
  const { exitCode, stderr } = await agent("serve", "--config", file);
  expect([exitCode, stderr]).toEqual([
    2,
    `error: tls.key: "${base}/credentials" cannot be read (EISDIR)\n  make it readable for the user that the agent runs as`,
  ]);
});

test("the runtime that is shipped to hosts starts", async (ctx) => {
  const shipped = join(import.meta.dirname, "../../dist/runtime/agent.mjs");
  if (!existsSync(shipped)) return ctx.skip('dist/runtime/agent.mjs is not built: run "npm run build"');
  expect((await run(process.execPath, [shipped, "--version"])).stdout).toBe(VERSION);
  expect((await run(process.execPath, [shipped, "check", "--config", config()], { env: env() })).exitCode).toBe(0);
});
