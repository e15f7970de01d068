/** slowhttptest's three attacks, one on each daemon, from more connections than one address may have; others notice nothing. */
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "node:tls";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { BEARER } from "../agent/support/test-agent.js";
import { parseReply } from "../agent/support/wire.js";
import { run } from "../support/run.js";
import { last } from "./http/requests.js";
import { SUBJECTS, type Subject } from "./http/subjects.js";

/** An address that is not the attacker's. */
const HONEST = "127.0.0.7";
/** A daemon takes 512 of one address. */
const ATTACK = ["-c", "550", "-r", "275", "-l", "6", "-i", "1", "-p", "3"];

/** The program takes no header of ours, but writes this one as it is. */
const AUTHORIZED = ["-m", `*/*\r\nAuthorization: ${BEARER.Authorization}`];

test.concurrent.each([
  ["slow headers", "mirror", ["-H", "-x", "24"], "/healthz"],
  ["slow content", "agent", ["-B", "-t", "PUT", "-s", "8192", ...AUTHORIZED], "/v1/files/shared/slow"],
  ["slow reading", "gateway", ["-X", "-k", "3", "-w", "10", "-y", "20", "-n", "1", "-z", "8"], "/openapi.json"],
] as const)("%s of the %s", async (_attack, name, how, target) => {
  const subject = await SUBJECTS[name]();
  try {
    const url = `https://127.0.0.1:${subject.port}${target}`;
    const over = new AbortController();
    const honest = askUntil(subject, over.signal);
    const { stdout, exitCode } = await run("slowhttptest", [...ATTACK, ...how, "-u", url]);
    over.abort();
    expect(exitCode).toBe(0);
    // Each of its reports counts the connections that wait for the daemon.
    const reports = stripVTControlCharacters(stdout).matchAll(/connected: +(\d+)/g);
    expect(Math.max(...[...reports].map(([, count]) => Number(count)))).toBeGreaterThan(0);
    const statuses = await honest;
    expect(statuses.length).toBeGreaterThan(0);
    expect(new Set(statuses)).toEqual(new Set([200]));
  } finally {
    await subject.stop();
  }
});

async function askUntil(subject: Subject, over: AbortSignal): Promise<number[]> {
  const statuses: number[] = [];
  while (!over.aborted) {
    statuses.push(await ask(subject));
    await wait(100);
  }
  return statuses;
}

/** @returns 0 where the connection ends without an answer. */
function ask({ port, cert }: Subject): Promise<number> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const peer = { host: "127.0.0.1", port, localAddress: HONEST, ca: cert, checkServerIdentity: () => undefined };
    const socket = connect(peer, () => socket.write(last()));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.once("close", () => resolve(parseReply(Buffer.concat(chunks)).status));
  });
}
