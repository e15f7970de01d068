/** A JSON document out of a request, never longer than it may be. */
import type { Exchange } from "../../http/server/exchange.js";
import { readBody } from "../../http/server/read-body.js";
import { jsonTooLarge, notJson } from "./problems.js";

/** Parameters are documents, not data: those are input. */
export const MAX_JSON_BYTES = 1024 * 1024;

/** @throws Problem 400 or 413; an error of the connection where the client went away. */
export async function readJson(exchange: Exchange): Promise<unknown> {
  return parseJson(await readBody(exchange, MAX_JSON_BYTES, jsonTooLarge));
}

export function parseJson(content: Buffer | string): unknown {
  try {
    const text = typeof content === "string" ? content : new TextDecoder("utf-8", { fatal: true }).decode(content);
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}
