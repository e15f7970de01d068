/** Requests as raw bytes: nothing between the test and the socket folds `..` or fixes a header. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface Peer {
  readonly port: number;
  /** Absent for plain HTTP. */
  readonly ca?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Everything that came back, head included. */
  readonly raw: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export function open(peer: Peer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { port, ca } = peer;
    const done = () => resolve(socket);
    const socket: Socket =
      ca === undefined
        ? connectTcp({ host: "127.0.0.1", port }, done)
        : connectTls({ host: "127.0.0.1", port, ca, checkServerIdentity: () => undefined }, done);
    socket.once("error", reject);
  });
}

/** Sends the bytes and returns all that comes until the other side closes. */
export async function send(peer: Peer, bytes: string | Uint8Array): Promise<Buffer> {
  const socket = await open(peer);
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.once("close", () => resolve(Buffer.concat(chunks)));
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  });
}

export async function ask(peer: Peer, target: string, what: Ask = {}): Promise<Reply> {
  const body = Buffer.from(what.body ?? "");
  const length = what.body === undefined ? {} : { "Content-Length": String(body.length) };
  const headers = { Host: "host.test", Connection: "close", ...length, ...what.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${what.method ?? "GET"} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
  return parseReply(await send(peer, Buffer.concat([Buffer.from(head, "latin1"), body])));
}

export function parseReply(raw: Buffer): Reply {
  const end = raw.indexOf("\r\n\r\n");
  const [first = "", ...lines] = raw.subarray(0, Math.max(end, 0)).toString("latin1").split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(first.split(" ")[1] ?? 0), headers, body: raw.subarray(end + 4), raw };
}
