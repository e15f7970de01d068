/**
 * An answer that may take minutes, on a connection that stays open. Until it is there, blanks go out, which JSON allows
 * before a document. Without them, this agent or an address translator on the way would cut the connection as idle.
 */
import type { Exchange } from "../../http/server/exchange.js";

const BLANK_MS = 10_000;

/** Answers 200 with the result of `produce`. If it throws after the first blank, the connection breaks. */
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
