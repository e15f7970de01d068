/** Sends a stored blob, or a download in progress. */
import { closeSync } from "node:fs";
import { evaluate, rangeStillHolds } from "../../http/headers/conditions.js";
import { digestField } from "../../http/headers/digest.js";
import { selectRange } from "../../http/headers/range.js";
import { preconditionFailed } from "../../http/problems.js";
import { readChunks } from "../../http/server/body/read-chunks.js";
import type { Exchange, Headers } from "../../http/server/exchange.js";
import { sendPart } from "../../http/server/send.js";
import type { Blobs } from "../store/blobs.js";
import type { StoredAsset, Transfer } from "../store/transfer.js";
import { unsatisfiableRange } from "./problems.js";

/** Bytes held back until the digest is verified. */
const HELD_BACK = 64 * 1024;
/** How long a response waits for the whole file. A failure by then is an error status; later it cuts the connection. */
const WHOLE_FILE_MS = 2_000;
/** Assets never change, so there is no date to compare with. */
const NEVER = Number.POSITIVE_INFINITY;

/** @returns false if there is no such blob (any more). */
export async function sendBlob(exchange: Exchange, blobs: Blobs, sha256: string, type: string): Promise<boolean> {
  const opened = await blobs.open(sha256);
  if (opened === undefined) return false;
  const { fd, size } = opened;
  try {
    const { method, req } = exchange;
    const validators = { etag: `"${sha256}"`, modifiedMs: NEVER };
    const condition = evaluate(method, req.headers, validators);
    if (condition === "failed") throw preconditionFailed();
    const headers = headersOf(sha256, type);
    if (condition === "not-modified") {
      exchange.answer(304, headers);
      return true;
    }
    const { "if-range": ifRange, range: wanted } = req.headers;
    const holds = rangeStillHolds(typeof ifRange === "string" ? ifRange : undefined, validators);
    const range = selectRange(method === "GET" && holds ? wanted : undefined, size);
    if (range.kind === "unsatisfiable") throw unsatisfiableRange(size);
    if (method === "HEAD") exchange.answer(200, { ...headers, "Content-Length": size });
    else if (range.kind === "whole") {
      await sendPart(exchange, 200, { ...headers, "Content-Length": size }, { fd, start: 0, length: size });
    } else {
      const { start, length } = range;
      const part = { "Content-Length": length, "Content-Range": `bytes ${start}-${start + length - 1}/${size}` };
      await sendPart(exchange, 206, { ...headers, ...part }, { fd, start, length });
    }
    return true;
  } finally {
    closeSync(fd);
  }
}

export interface TransferBody {
  readonly transfer: Transfer;
  /** Settles when the asset is verified and retained. Only then the client gets the last bytes. */
  readonly kept: Promise<StoredAsset>;
  readonly type: string;
}

/**
 * Streams a download in progress.
 *
 * @returns false if the download ended before anything was sent: the blob can be sent instead.
 * @throws the rejection of `kept`, before the header is sent; afterwards the connection is cut.
 */
export async function sendTransfer(exchange: Exchange, body: TransferBody): Promise<boolean> {
  const { transfer, kept } = body;
  let ended = false;
  const setEnded = () => {
    ended = true;
  };
  const end = kept.then(setEnded, setEnded);
  await Promise.race([end, timeout(end)]);
  const held = ended || exchange.method === "HEAD" ? undefined : transfer.hold();
  if (held === undefined) {
    await kept;
    return false;
  }
  try {
    await follow(exchange, { ...body, end, fd: held.fd });
  } finally {
    held.release();
  }
  return true;
}

interface Followed extends TransferBody {
  /** Settles with `kept`, but never rejects. */
  readonly end: Promise<void>;
  readonly fd: number;
}

async function follow(exchange: Exchange, { transfer, kept, type, end, fd }: Followed): Promise<void> {
  const { res } = exchange;
  const length = transfer.length === undefined ? {} : { "Content-Length": transfer.length };
  exchange.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store", ...length });
  const gone = new Promise<never>((_, reject) => {
    res.once("close", () => reject(new Error("the client went away")));
  });
  gone.catch(() => undefined);
  let sent = 0;
  const sendUpTo = async (to: number) => {
    sent += await readChunks(fd, sent, to - sent, (chunk) => {
      exchange.bytes += chunk.length;
      const written = new Promise<void>((resolve, reject) => {
        res.write(chunk, (error) => (error == null ? resolve() : reject(error)));
      });
      return Promise.race([written, gone]);
    });
  };
  try {
    for (let over = false; !over; ) {
      const ready = transfer.written - HELD_BACK;
      if (ready > sent) await sendUpTo(ready);
      else {
        over = await Promise.race([end.then(() => true), transfer.progress().then(() => false), gone]);
      }
    }
    const { size } = await kept;
    await sendUpTo(size);
    res.end();
  } catch (error) {
    exchange.verdict = res.closed ? "aborted" : "upstream-failed";
    exchange.cause = error;
    res.destroy();
  }
}

function headersOf(sha256: string, type: string): Headers {
  return {
    "Content-Type": type,
    ETag: `"${sha256}"`,
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, max-age=31536000, immutable",
    "Repr-Digest": digestField(Buffer.from(sha256, "hex")),
  };
}

function timeout(end: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, WHOLE_FILE_MS);
    void end.then(() => clearTimeout(timer));
  });
}
