/** Reads the body of a request into memory, up to a limit. */
import { isEncoded } from "../../headers/content-encoding.js";
import { encoded } from "../../problems.js";
import type { Exchange } from "../exchange.js";

/**
 * Accepts the body, reads it, and counts its bytes in `exchange.received`.
 *
 * @param tooLarge makes the error of a body that is longer than `maxBytes`, also where only its header says so.
 * @throws that error; Problem 415 where it comes compressed; an error of the connection where the client went away.
 */
export async function readBody(
  exchange: Exchange,
  maxBytes: number,
  tooLarge: (max: number) => Error,
): Promise<Buffer> {
  const { req } = exchange;
  if (isEncoded(req.headers)) throw encoded();
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  exchange.acceptBody();
  // Leaving the loop early must not cut the connection: the client still has to read the reason.
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    exchange.received += chunk.length;
    if (exchange.received > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
