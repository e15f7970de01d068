/**
 * What hostile and broken clients do to a server, each as a function that does it once and returns what the
 * server said. Only for servers of one's own: every connection goes to a loopback address, and every abuse
 * ends by itself.
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface Victim {
  readonly port: number;
  readonly ca: string;
  /** `Bearer …`: some abuse begins only behind the door. */
  readonly authorization: string;
  /** A path that may be put, and one of a large file, both as the server names them. */
  readonly target: string;
  readonly large: string;
}

/** How long one abuse goes on where the server does not end it. */
const PATIENCE_MS = 45_000;

export type Abuse = (victim: Victim, from: string) => Promise<string>;

const get = (more: string, path = "/healthz") => `GET ${path} HTTP/1.1\r\nHost: h\r\n${more}\r\n`;
const asked = ({ authorization }: Victim, more = "") => `Authorization: ${authorization}\r\n${more}`;

/** By name; the answer is the server's status line, or "" for a connection that was just closed. */
export const ABUSES: Readonly<Record<string, Abuse>> = {
  "header that never ends": (victim, from) => trickle(victim, from, "GET /healthz HTTP/1.1\r\nHost: h\r\n", "X: y\r\n"),
  "body that trickles": (victim, from) =>
    trickle(victim, from, put(victim, "Content-Length: 1000000\r\n"), "0123456789"),
  "chunks that trickle": (victim, from) =>
    trickle(victim, from, put(victim, "Transfer-Encoding: chunked\r\n"), "1\r\nx\r\n"),
  "2,000 headers": (victim, from) => say(victim, from, get("a:b\r\n".repeat(2_000))),
  "a header of 1 MiB": (victim, from) => say(victim, from, get(`X: ${"x".repeat(1 << 20)}\r\n`)),
  "a target of 1 MiB": (victim, from) => say(victim, from, get("", `/${"x".repeat(1 << 20)}`)),
  "1,000 overlapping ranges": (victim, from) => {
    const ranges = `Range: bytes=0-${",0-".repeat(1_000)}\r\nConnection: close\r\n`;
    return say(victim, from, get(asked(victim, ranges), victim.large), 1_000);
  },
  "a range beyond all numbers": (victim, from) => {
    const range = `Range: bytes=${"9".repeat(400)}-\r\nConnection: close\r\n`;
    return say(victim, from, get(asked(victim, range), victim.large));
  },
  "500 pipelined requests": (victim, from) => say(victim, from, get("").repeat(500)),
  "no HTTP": (victim, from) => say(victim, from, "\x16\x03\x01 hello\r\n\r\n"),
  "a request line of blanks": (victim, from) => say(victim, from, "   \r\n\r\n"),
  "an unknown method": (victim, from) => say(victim, from, "HACK / HTTP/1.1\r\nHost: h\r\n\r\n"),
  "HTTP/9.9": (victim, from) => say(victim, from, "GET / HTTP/9.9\r\nHost: h\r\n\r\n"),
  CONNECT: (victim, from) => say(victim, from, "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
  "length and chunks": (victim, from) =>
    say(victim, from, put(victim, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${get("")}`)),
  "two lengths": (victim, from) =>
    say(victim, from, put(victim, "Content-Length: 5\r\nContent-Length: 6\r\n", "hello")),
  "chunked twice": (victim, from) =>
    say(victim, from, put(victim, "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")),
  "a blank before the colon": (victim, from) => say(victim, from, get("Content-Length : 5\r\n")),
  "a chunk size that is none": (victim, from) =>
    say(victim, from, put(victim, "Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n")),
  "garbage instead of TLS": async ({ port }, from) =>
    hear(await dial(port, from), Buffer.alloc(4_096, "garbage"), 4_096),
  "half a handshake": async ({ port }, from) => hear(await dial(port, from), Buffer.from([0x16, 3, 1, 2]), 4_096),
  "gone in the middle of a download": async (victim, from) => {
    const socket = await open(victim, from);
    socket.write(get(asked(victim), victim.large));
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    return "";
  },
  "gone in the middle of an upload": async (victim, from) => {
    const socket = await open(victim, from);
    const sent = new Promise((resolve) => socket.write(Buffer.alloc(100_000), resolve));
    socket.write(put(victim, "Content-Length: 1000000\r\n"));
    await sent;
    socket.destroy();
    return "";
  },
  "600 connections at once": async ({ port }, from) => {
    const sockets = await Promise.allSettled(Array.from({ length: 600 }, () => dial(port, from)));
    for (const one of sockets) if (one.status === "fulfilled") one.value.destroy();
    return "";
  },
};

/** The first line of all that came back. */
export function statusOf(said: string): string {
  return said.split("\r\n", 1)[0] ?? "";
}

function put(victim: Victim, more: string, body = ""): string {
  return `PUT ${victim.target} HTTP/1.1\r\nHost: h\r\n${asked(victim, more)}\r\n${body}`;
}

function dial(port: number, from: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: "127.0.0.1", port, localAddress: from }, () => resolve(socket));
    socket.once("error", reject);
    socket.on("error", () => undefined);
  });
}

function open({ port, ca }: Victim, from: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // A typed option is missing for what Node passes on to the TCP connection.
    const options = { host: "127.0.0.1", port, localAddress: from, ca, checkServerIdentity: () => undefined };
    const socket = connectTls(options, () => resolve(socket));
    socket.once("error", reject);
    socket.on("error", () => undefined);
  });
}

/** @param keep bytes of the answer that are looked at; the others are read and dropped. */
async function say(victim: Victim, from: string, bytes: string, keep = 1 << 20): Promise<string> {
  return hear(await open(victim, from), Buffer.from(bytes, "latin1"), keep);
}

async function hear(socket: Socket, bytes: Buffer, keep: number): Promise<string> {
  socket.write(bytes);
  return listenTo(socket, keep);
}

async function trickle(victim: Victim, from: string, head: string, drop: string): Promise<string> {
  const socket = await open(victim, from);
  socket.write(head);
  const timer = setInterval(() => socket.write(drop), 50);
  try {
    return await listenTo(socket, 4_096);
  } finally {
    clearInterval(timer);
  }
}

/** What comes until the other side closes, or patience ends. */
function listenTo(socket: Socket, keep: number): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on("data", (chunk: Buffer) => {
      if (said.length < keep) said += chunk.toString("latin1");
    });
    // Half-closed is closed: nothing more will be said.
    socket.once("end", () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(said);
    });
  });
}
