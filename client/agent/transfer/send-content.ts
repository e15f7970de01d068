/** Sends content as the body of one request. */
import type { Readable } from "node:stream";
import type { HttpResponse } from "../../../http/client/http-client.js";
import type { Exchange, Transport } from "../../tls/transport.js";
import { formatDigest } from "./digest.js";
import type { LocalFile } from "./local-file.js";

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes that have been handed to the connection. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
}

/** The host answers after the bytes have reached its disk. Each sign of progress extends it. */
export const STORE_TIMEOUT = 900_000;

export async function sendContent(
  transport: Transport,
  what: Pick<Exchange, "method" | "path" | "headers">,
  { body, size, digest }: LocalFile,
  { signal, onProgress }: SendOptions,
): Promise<HttpResponse> {
  const source = body();
  try {
    return await transport.send({
      ...what,
      body: counting(source, (done) => onProgress?.(done, size)),
      headers: {
        "Content-Type": "application/octet-stream",
        "Content-Length": size,
        "Content-Digest": formatDigest(digest),
        ...what.headers,
      },
      signal,
      answerTimeout: STORE_TIMEOUT,
    });
  } finally {
    source.destroy();
  }
}

/** @param told gets the bytes up to each chunk, before it is sent. */
export async function* counting(source: Readable, told: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    told(bytes);
    yield chunk;
  }
}
