/** Reads a body to its end. */
import type { Readable } from "node:stream";
import { BodyTooLarge } from "./errors.js";

/** @throws BodyTooLarge as soon as there is more than `maxBytes`; the rest is not read. */
export async function readBody(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
