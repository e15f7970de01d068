/** A real HTTP or HTTPS server on loopback that answers as each test says, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

export type Responder = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly requests: { readonly path: string; readonly authorization: string | undefined }[];
  answer: Responder;
  close(): Promise<void>;
}

export async function startListServer(
  answer: Responder,
  pair?: { readonly cert: string; readonly key: string },
): Promise<ListServer> {
  const requests: ListServer["requests"] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    requests.push({ path: request.url ?? "", authorization: request.headers.authorization });
    server.answer(request, response);
  };
  const listener = pair === undefined ? createServer(onRequest) : createSecureServer(pair, onRequest);
  const server: ListServer = {
    get url() {
      return `${pair === undefined ? "http" : "https"}://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    },
    requests,
    answer,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return server;
}

/** A whole answer. */
export function say(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Responder {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (_, response) => {
    response.writeHead(status, headers).end(text);
  };
}
