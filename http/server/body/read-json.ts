/** Reads a JSON document from a request, up to a limit. */
import { jsonTooLarge, notJson } from "../../problems.js";
import type { Exchange } from "../exchange.js";
import { readBody } from "./read-body.js";

/** @throws Problem 400, 413 or 415; an error of the connection where the client went away. */
export async function readJson(exchange: Exchange, maxBytes: number): Promise<unknown> {
  return parseJson(await readBody(exchange, maxBytes, jsonTooLarge));
}

/** @throws Problem 400 for anything but JSON in UTF-8. */
export function parseJson(content: Buffer | string): unknown {
  try {
    const text = typeof content === "string" ? content : new TextDecoder("utf-8", { fatal: true }).decode(content);
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}
