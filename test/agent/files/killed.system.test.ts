/** SIGKILL in the middle of uploads: whole files only, old or new, and nothing left after the next start. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCertificate } from "../support/certificate.js";
import { BUNDLED_AGENT, startProgram } from "../support/program.js";
import { ask, open } from "../support/wire.js";

const TOKEN = "killed-token-0123456789";
const SIZE = 6_000_000;
const FILES = 4;
const ROUNDS = 12;
const pair = makeCertificate();
let base: string;
let shared: string;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "sallyport-killed-"));
  shared = join(base, "shared");
  mkdirSync(join(shared, "sub"), { recursive: true });
  writeFileSync(join(base, "cert"), pair.cert);
  writeFileSync(join(base, "key"), pair.key);
  writeFileSync(join(base, "token"), TOKEN);
  writeFileSync(
    join(base, "agent.yaml"),
    `name: killed\nlisten: { address: "127.0.0.1", https_port: 0, http_port: false }\n` +
      `tls: { cert: ~/cert, key: ~/key }\ntoken: ~/token\n`,
  );
});
afterAll(() => {
  rmSync(base, { recursive: true });
});

const path = (index: number) => (index % 2 === 0 ? `file-${index}` : `sub/file-${index}`);
const everything = () => readdirSync(shared, { recursive: true, encoding: "utf8" });
const temporaries = () => everything().filter((name) => name.includes(".sallyport-upload-"));
const start = async () => {
  const program = startProgram(BUNDLED_AGENT, ["serve", "--config", join(base, "agent.yaml")], { HOME: base });
  const { https_port: port } = await program.event("listening");
  return { program, peer: { port: Number(port), ca: pair.cert } };
};

/** Sends a file of one repeated byte and calls `at` once `after` bytes were handed to the socket. */
async function upload(socket: Socket, index: number, fill: number, after: number, at: () => void) {
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  socket.resume();
  const head = `PUT /v1/files/shared/${path(index)} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${TOKEN}\r\n`;
  socket.write(`${head}Content-Length: ${SIZE}\r\n\r\n`);
  const chunk = Buffer.alloc(50_000, fill);
  for (let sent = 0; sent < SIZE && !socket.destroyed; sent += chunk.length) {
    if (sent >= after) at();
    await Promise.race([closed, new Promise<void>((resolve) => socket.write(chunk, () => resolve()))]);
  }
  at();
  await closed;
}

test("over and over, at ever other moments, every file is whole and every temporary is cleared", async () => {
  for (let index = 0; index < FILES; index++) writeFileSync(join(shared, path(index)), Buffer.alloc(SIZE, 0x30));
  let cleared = 0;
  let leftBehind = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const { program, peer } = await start();
    // The last rounds let some uploads end before the blow.
    const after = (SIZE / ROUNDS) * round * (round % 3 === 0 ? 1 : 0.7);
    const kill = () => program.child.kill("SIGKILL");
    const sockets = await Promise.all(Array.from({ length: FILES }, () => open(peer)));
    const uploads = sockets.map((socket, index) =>
      upload(socket, index, 0x30 + round, after - index * 400_000, index === 0 ? kill : () => undefined),
    );
    await program.ended;
    await Promise.all(uploads);
    for (let index = 0; index < FILES; index++) {
      const content = readFileSync(join(shared, path(index)));
      expect(content.length).toBe(SIZE);
      expect(content.equals(Buffer.alloc(SIZE, content[0]))).toBe(true);
    }
    const left = temporaries().length;
    leftBehind += left;

    const next = await start();
    const listing = await ask(next.peer, "/v1/files/shared", { headers: { Authorization: `Bearer ${TOKEN}` } });
    expect(listing.body.toString()).not.toContain(".sallyport-upload-");
    if (left > 0) cleared += Number((await next.program.event("swept")).removed);
    expect(temporaries()).toEqual([]);
    next.program.child.kill("SIGTERM");
    expect((await next.program.ended).code).toBe(0);
  }
  // Otherwise the blows came too late to prove anything.
  expect(leftBehind).toBeGreaterThan(ROUNDS / 2);
  expect(cleared).toBe(leftBehind);
});

test("another host's unfinished uploads on a shared disk are left alone, and hidden", async () => {
  const foreign = ".sallyport-upload-00000000-0123456789abcdef";
  writeFileSync(join(shared, foreign), "half");
  const { program, peer } = await start();
  const headers = { Authorization: `Bearer ${TOKEN}` };
  expect((await ask(peer, "/v1/files/shared", { headers })).body.toString()).not.toContain(foreign);
  for (const method of ["GET", "PUT", "DELETE"]) {
    expect((await ask(peer, `/v1/files/shared/${foreign}`, { method, headers })).status).toBe(400);
  }
  program.child.kill("SIGTERM");
  await program.ended;
  expect(everything()).toContain(foreign);
});
