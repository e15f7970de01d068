/** Receivers as others run them, but for what they do with what they receive: they keep it for the test. */
import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { issueCertificate } from "../../../certs/issue.js";

export interface Received {
  readonly id: string;
  readonly json: Record<string, unknown>;
}

export const certificate = () => issueCertificate({ commonName: "receiver", names: ["127.0.0.1"] });

/** A server that can be ended as if its machine had lost power, and started again on the same port. */
abstract class Receiver {
  readonly received: Received[] = [];
  port = 0;
  readonly #sockets = new Set<Socket>();
  #server: NetServer | HttpServer | undefined;

  protected abstract create(): NetServer | HttpServer;

  async start(): Promise<void> {
    const server = this.create();
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => this.#sockets.delete(socket));
    });
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** How often each id came. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { id } of this.received) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  }
}

export class HttpCollector extends Receiver {
  readonly requests: {
    readonly key: string;
    readonly type: string;
    readonly records: number;
    readonly body: string;
  }[] = [];
  /** Answers to give instead of 204. */
  readonly answers: number[] = [];

  protected create(): HttpServer {
    return createHttpServer(async (request, response) => {
      const parts: Buffer[] = [];
      try {
        for await (const part of request) parts.push(part as Buffer);
      } catch {
        return;
      }
      const body = Buffer.concat(parts).toString();
      const answer = this.answers.shift() ?? 204;
      const { "idempotency-key": key, "content-type": type = "", "sallyport-records": records } = request.headers;
      this.requests.push({ key: String(key), type, records: Number(records), body });
      if (answer < 300 && type === "application/x-ndjson") {
        for (const line of body.split("\n").slice(0, -1)) {
          const json = JSON.parse(line) as { id: string };
          this.received.push({ id: json.id, json });
        }
      }
      response.writeHead(answer).end();
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/log`;
  }
}

export class SyslogReceiver extends Receiver {
  readonly messages: string[] = [];

  constructor(private readonly pair: { readonly cert: string; readonly key: string }) {
    super();
  }

  protected create(): NetServer {
    return createTlsServer({ cert: this.pair.cert, key: this.pair.key }, (socket) => {
      let rest: Buffer = Buffer.alloc(0);
      socket.on("error", () => undefined);
      socket.on("data", (data: Buffer) => {
        rest = this.#take(Buffer.concat([rest, data]));
      });
    }).on("tlsClientError", () => undefined);
  }

  /** RFC 5425: MSG-LEN SP SYSLOG-MSG. */
  #take(bytes: Buffer): Buffer {
    let left = bytes;
    for (;;) {
      const space = left.indexOf(32);
      if (space === -1) return left;
      const length = Number(left.toString("latin1", 0, space));
      if (!(length > 0)) throw new Error("no frame");
      if (left.length < space + 1 + length) return left;
      const message = left.toString("utf8", space + 1, space + 1 + length);
      left = left.subarray(space + 1 + length);
      this.messages.push(message);
      const match = /^<134>1 \S+ \S+ sallyport-gateway - PACKET \[sallyport@32473 id="([^"]+)"\] (\{.*\})$/.exec(
        message,
      );
      if (match === null) throw new Error(`no message: ${message}`);
      this.received.push({ id: match[1] ?? "", json: JSON.parse(match[2] ?? "") as Record<string, unknown> });
    }
  }
}
