/** Passes bodies on between a browser and an agent as they come. */
import { pipeline } from "node:stream/promises";
import type { HttpResponse } from "../../http/client/http-client.js";
import type { Exchange, Headers } from "../../http/server/exchange.js";

/** Answers with the agent's status and content. A content that breaks off breaks the connection, so that it shows. */
export async function relay(exchange: Exchange, response: HttpResponse, headers: Headers): Promise<void> {
  const { res } = exchange;
  const { status, body } = response;
  if (exchange.method === "HEAD" || status === 304) {
    body.destroy();
    return exchange.answer(status, headers);
  }
  exchange.writeHead(status, headers);
  body.on("data", (chunk: Buffer) => {
    exchange.bytes += chunk.length;
  });
  try {
    await pipeline(body, res);
  } catch (error) {
    exchange.verdict = "aborted";
    exchange.cause = error;
    res.destroy();
  }
}

/** The content of a request, read only as fast as it is taken. */
export async function* contentOf(exchange: Exchange): AsyncGenerator<Uint8Array> {
  exchange.acceptBody();
  for await (const chunk of exchange.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    exchange.received += chunk.length;
    yield chunk;
  }
}

/** Aborts when the browser goes away. */
export function untilClosed({ res }: Exchange): AbortSignal {
  const gone = new AbortController();
  res.once("close", () => gone.abort(new Error("the browser went away")));
  return gone.signal;
}
