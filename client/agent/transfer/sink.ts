/** Downloads into a device or a pipe, which is written and never replaced. */
import { close, constants, createWriteStream, fstat, ftruncate, open } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { promisify } from "node:util";
import { sleep } from "../../../base/async/sleep.js";
import { errno } from "../../../base/fault.js";
import { localUnwritable } from "../../errors.js";
import { type Transport, transferFault } from "../../tls/transport.js";
import type { Downloaded } from "./downloaded.js";
import { getInto } from "./get-into.js";
import type { ReceiveOptions } from "./receive.js";

export interface Sink {
  readonly path: string;
  readonly isPipe: boolean;
}

export async function downloadInto(
  transport: Transport,
  path: string,
  to: Sink,
  options: ReceiveOptions = {},
): Promise<Downloaded> {
  const { signal } = options;
  const sink = await openSink(to, signal).catch((error) => {
    throw signal?.aborted === true ? transferFault(error, transport.at, signal) : localUnwritable(error);
  });
  // The failing write reports the error to the caller.
  sink.on("error", () => undefined);
  try {
    const got = await getInto(transport, path, sink, options);
    sink.end();
    await finished(sink, { readable: false }).catch((error) => {
      throw localUnwritable(error);
    });
    return got;
  } finally {
    sink.destroy();
  }
}

async function openSink({ path, isPipe }: Sink, signal: AbortSignal | undefined): Promise<Writable> {
  if (isPipe) return new Socket({ fd: await openPipe(path, signal), readable: false, writable: true });
  const fd = await promisify(open)(path, constants.O_WRONLY | constants.O_NOCTTY);
  try {
    // An open file, as in `get … /dev/fd/3 3> file`.
    if ((await promisify(fstat)(fd)).isFile()) await promisify(ftruncate)(fd);
    return createWriteStream(path, { fd });
  } catch (error) {
    await promisify(close)(fd);
    throw error;
  }
}

const READER_POLL_MS = 20;

/** Waits for a reader, as a shell does. A blocking open would wait too, but could not be interrupted. */
async function openPipe(path: string, signal: AbortSignal | undefined): Promise<number> {
  for (;;) {
    try {
      return await promisify(open)(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (errno(error) !== "ENXIO") throw error;
    }
    await sleep(READER_POLL_MS, signal);
  }
}
