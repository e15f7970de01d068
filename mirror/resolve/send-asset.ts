/** Answers with a blob, or with one that is still on its way in. */
import { closeSync } from "node:fs";
import { evaluate, rangeStillHolds } from "../../http/headers/conditions.js";
import { digestField } from "../../http/headers/digest.js";
import { selectRange } from "../../http/headers/range.js";
import { preconditionFailed } from "../../http/problems.js";
import type { Exchange, Headers } from "../../http/server/exchange.js";
import { readChunks } from "../../http/server/read-chunks.js";
import { sendPart } from "../../http/server/send.js";
import type { Blobs } from "../store/blobs.js";
import type { StoredAsset, Transfer } from "../store/transfer.js";
import { unsatisfiableRange } from "./problems.js";

/** Bytes held back until all is proven. */
const HELD_BACK = 64 * 1024;
/** How long a client waits for the whole, which can be refused with a reason, before it is sent what there is. */
const PATIENCE_MS = 2_000;
/** There is no date to compare with: an asset never changes. */
const NEVER = Number.POSITIVE_INFINITY;

/** @returns false where the blob is not there (any more). */
export async function sendBlob(exchange: Exchange, blobs: Blobs, sha256: string, type: string): Promise<boolean> {
  const opened = await blobs.open(sha256);
  if (opened === undefined) return false;
  const { fd, size } = opened;
  try {
    const { method, req } = exchange;
    const etag = `"${sha256}"`;
    const verdict = evaluate(method, req.headers, { etag, modifiedMs: NEVER });
    if (verdict === "failed") throw preconditionFailed();
    const headers = headersOf(sha256, type);
    if (verdict === "not-modified") {
      exchange.answer(304, headers);
      return true;
    }
    const { "if-range": ifRange, range: asked } = req.headers;
    const holds = rangeStillHolds(typeof ifRange === "string" ? ifRange : undefined, { etag, modifiedMs: NEVER });
    const range = selectRange(method === "GET" && holds ? asked : undefined, size);
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

/**
 * Answers with what a transfer brings.
 *
 * @param kept settles when the asset is proven and retained; only then the client gets the last of it.
 * @returns false where the transfer ended before anything was sent: the blob can be sent instead.
 * @throws what `kept` rejects with, while that can still be told; afterwards the connection is cut.
 */
export async function sendAlong(
  exchange: Exchange,
  transfer: Transfer,
  kept: Promise<StoredAsset>,
  type: string,
): Promise<boolean> {
  let ended = false;
  const end = kept.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  await Promise.race([end, patience(end)]);
  const held = ended || exchange.method === "HEAD" ? undefined : transfer.hold();
  if (held === undefined) {
    await kept;
    return false;
  }
  try {
    await follow(exchange, transfer, kept, end, held.fd, type);
  } finally {
    held.release();
  }
  return true;
}

async function follow(
  exchange: Exchange,
  transfer: Transfer,
  kept: Promise<StoredAsset>,
  end: Promise<void>,
  fd: number,
  type: string,
): Promise<void> {
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

function patience(end: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    void end.then(() => clearTimeout(timer));
  });
}
