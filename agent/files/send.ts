/** A part of an open file as the content of an answer. */
import { readSync } from "node:fs";
import type { Exchange, Headers } from "../../http/exchange.js";
import { readChunks } from "./read-chunks.js";

/** One buffer and one write; a stream or a thread-pool read would cost more than the file. */
const SMALL = 64 * 1024;

/** Ends the answer. A file that was cut short meanwhile breaks the connection: the length was promised. */
export async function sendPart(
  exchange: Exchange,
  status: number,
  headers: Headers,
  part: { readonly fd: number; readonly start: number; readonly length: number },
): Promise<void> {
  if (part.length <= SMALL) {
    const content = readSmall(part.fd, part.start, part.length);
    exchange.answer(status, { ...headers, "Content-Length": part.length }, content);
    if (content.length < part.length) exchange.res.destroy();
    return;
  }
  const { res } = exchange;
  let abandon: (() => void) | undefined;
  res.once("close", () => abandon?.());
  res.writeHead(status, { ...headers, "Content-Length": part.length });
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

function readSmall(fd: number, start: number, length: number): Buffer {
  const content = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const bytes = readSync(fd, content, done, length - done, start + done);
    if (bytes === 0) break;
    done += bytes;
  }
  return content.subarray(0, done);
}
