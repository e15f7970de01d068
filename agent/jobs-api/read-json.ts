/** Reads a JSON document from a request, up to a limit. */

import { readBody } from "../../http/server/body/read-body.js";
import type { Exchange } from "../../http/server/exchange.js";
import { jsonTooLarge, notJson } from "./problems.js";

/** Parameters are documents. Data belongs into the input. */
const MAX_JSON_BYTES = 1024 * 1024;

/** @throws Problem 400 or 413, or an error of the connection. */
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
