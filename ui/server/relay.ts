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

export interface Content {
  /** Read only as fast as it is taken. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * Reads what is left, and drops it. A browser that is still sending takes an answer for a broken connection; on this
   * machine, the rest comes fast.
   */
  drop(): Promise<void>;
}

export function contentOf(exchange: Exchange): Content {
  const chunks = (exchange.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const next = async () => {
    exchange.acceptBody();
    const step = await chunks.next();
    if (step.done !== true) exchange.received += step.value.length;
    return step;
  };
  return {
    // Without `return`: a reader that gives up must not end what drop() reads on.
    body: { [Symbol.asyncIterator]: () => ({ next }) },
    async drop() {
      let isOver = false;
      while (!isOver)
        isOver = await next().then(
          ({ done }) => done === true,
          () => true,
        );
    },
  };
}

/** Aborts when the browser goes away. */
export function untilClosed({ res }: Exchange): AbortSignal {
  const gone = new AbortController();
  res.once("close", () => gone.abort(new Error("the browser went away")));
  return gone.signal;
}
