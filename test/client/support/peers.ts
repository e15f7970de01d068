/** Peers that are not the agent: they misbehave in one way each, and write down every byte they were told. */
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { createServer as createTls, type TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";

export interface Peer {
  readonly port: number;
  /** What arrived: behind TLS what was decrypted, else the raw bytes. */
  heard(): string;
  connections(): number;
}

/** TLS with this certificate; what is said after the handshake is heard, and answered with 200. */
export function tlsPeer(options: TlsOptions): Promise<Peer> {
  return serve((hear) =>
    createTls(options, (socket) => {
      hear(socket);
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    }),
  );
}

/** No TLS at all: answers whatever comes with `answer`. */
export function tcpPeer(answer: string): Promise<Peer> {
  return serve((hear) =>
    createTcp((socket) => {
      hear(socket);
      socket.once("data", () => socket.end(answer));
    }),
  );
}

/** Accepts and never says a word. */
export function silentPeer(): Promise<Peer> {
  return serve((hear) => createTcp(hear));
}

export async function httpsPeer(options: TlsOptions, listener: RequestListener): Promise<Peer> {
  return serve(() => createHttps(options, listener));
}

export async function httpPeer(listener: RequestListener): Promise<Peer> {
  return serve(() => createHttp(listener));
}

async function serve(make: (hear: (socket: Socket) => void) => Server): Promise<Peer> {
  const chunks: Buffer[] = [];
  const open = new Set<Socket>();
  let count = 0;
  const server = make((socket) => {
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
  });
  server.on("tlsClientError", () => undefined);
  server.on("connection", (socket: Socket) => {
    count += 1;
    open.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => Buffer.concat(chunks).toString("latin1"),
    connections: () => count,
  };
}
