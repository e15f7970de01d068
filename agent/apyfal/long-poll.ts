/**
 * An answer that may take minutes, to a client that waits for it on one connection: while it is not there,
 * blanks go out, which JSON allows before a document. Without them, the connection would be cut as idle, by
 * this agent or by an address translator on the way.
 */
import type { Exchange } from "../../http/server/exchange.js";

const BLANK_MS = 10_000;

/** Answers 200 with what `produce` resolves to. What it throws after the first blank breaks the connection. */
export async function longPoll(
  exchange: Exchange,
  produce: () => Promise<unknown>,
  intervalMs = BLANK_MS,
): Promise<void> {
  const { res } = exchange;
  const head = { "Content-Type": "application/json", "Cache-Control": "no-cache" };
  const timer = setInterval(() => {
    if (!res.headersSent) exchange.writeHead(200, head);
    res.write(" ");
  }, intervalMs);
  try {
    const document = await produce();
    if (res.headersSent) res.end(JSON.stringify(document));
    else exchange.json(200, document, head);
  } finally {
    clearInterval(timer);
  }
}
