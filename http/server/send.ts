/** A part of an open file as the content of an answer. */
import { readSync } from "node:fs";
import type { Exchange, Headers } from "./exchange.js";
import { readChunks } from "./read-chunks.js";

/** One buffer and one write; a stream or a thread-pool read would cost more than the file. */
const SMALL = 64 * 1024;

export interface FilePart {
  readonly fd: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Ends the answer: a small one at once, a large one when the promise settles. A file that was cut short
 * meanwhile breaks the connection: the length was promised.
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
      // A connection that is gone may never call back for what was queued on it.
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

/** Fewer bytes than asked for where the file is shorter. */
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
