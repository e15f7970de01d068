/** Sends a part of an open file as the content of an answer. */
import { readSync } from "node:fs";
import { readChunks } from "./body/read-chunks.js";
import type { Exchange, Headers } from "./exchange.js";

/** Up to this size, one buffer and one write: a stream or a read in the thread pool would cost more. */
const SMALL = 64 * 1024;

export interface FilePart {
  readonly fd: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Ends the answer: a small one at once, a large one when the promise settles. If the file has become shorter meanwhile,
 * the connection breaks, because the length was promised.
 *
 * @param headers with the part's Content-Length.
 */
export function sendPart(
  exchange: Exchange,
  status: number,
  headers: Headers,
  part: FilePart,
): Promise<void> | undefined {
  if (part.length > SMALL) return sendLarge(exchange, status, headers, part);
  const content = readPart(part);
  exchange.answer(status, headers, content);
  if (content.length < part.length) exchange.res.destroy();
  return undefined;
}

async function sendLarge(exchange: Exchange, status: number, headers: Headers, part: FilePart): Promise<void> {
  const { res } = exchange;
  let abandon: (() => void) | undefined;
  res.once("close", () => abandon?.());
  exchange.writeHead(status, headers);
  const write = (chunk: Buffer) =>
    new Promise<void>((resolve, reject) => {
      // A closed connection may never call back for queued writes.
      abandon = () => reject(new Error("the client went away"));
      if (res.closed) return abandon();
      res.write(chunk, (error) => (error == null ? resolve() : reject(error)));
      exchange.bytes += chunk.length;
    });
  try {
    const sent = await readChunks(part.fd, part.start, part.length, write);
    if (sent < part.length) res.destroy();
    else res.end();
  } catch (error) {
    exchange.verdict = "aborted";
    exchange.cause = error;
    res.destroy();
  }
}

/** @returns fewer bytes than `length` if the file is shorter. */
export function readPart({ fd, start, length }: FilePart): Buffer {
  const content = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const bytes = readSync(fd, content, done, length - done, start + done);
    if (bytes === 0) break;
    done += bytes;
  }
  return content.subarray(0, done);
}
