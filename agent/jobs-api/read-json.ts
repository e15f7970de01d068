/** A JSON document out of a request, never longer than it may be. */
import type { Exchange } from "../../http/server/exchange.js";
import { jsonTooLarge, notJson } from "./problems.js";

/** Parameters are documents, not data: those are input. */
export const MOST_JSON_BYTES = 1024 * 1024;

/** @throws Problem 400 or 413; an error of the connection where the client went away. */
export async function readJson(exchange: Exchange): Promise<unknown> {
  const { req } = exchange;
  if (Number(req.headers["content-length"] ?? 0) > MOST_JSON_BYTES) throw jsonTooLarge(MOST_JSON_BYTES);
  const chunks: Buffer[] = [];
  exchange.acceptBody();
  // Leaving the loop early must not cut the connection: the client has yet to read why.
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    exchange.received += chunk.length;
    if (exchange.received > MOST_JSON_BYTES) throw jsonTooLarge(MOST_JSON_BYTES);
    chunks.push(chunk);
  }
  return parseJson(Buffer.concat(chunks));
}

export function parseJson(content: Buffer | string): unknown {
  try {
    const text = typeof content === "string" ? content : new TextDecoder("utf-8", { fatal: true }).decode(content);
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}
