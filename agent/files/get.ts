/** GET and HEAD of a file or directory. */
import { closeSync } from "node:fs";
import { evaluate, rangeStillHolds } from "../../http/conditions.js";
import { digestField, wantsDigest } from "../../http/digest.js";
import type { Exchange, Headers } from "../../http/exchange.js";
import { notFound, preconditionFailed } from "../../http/problems.js";
import { selectRange } from "../../http/range.js";
import type { FilePath } from "../guard/file-path.js";
import { listInside } from "../guard/list-inside.js";
import { type OpenFile, openInside } from "../guard/open-inside.js";
import { storageProblem } from "../guard/refusals.js";
import type { Root } from "../guard/roots.js";
import { outOfRange } from "../problems.js";
import type { Digests } from "./digests.js";
import { sendPart } from "./send.js";
import { validatorsOf } from "./validators.js";

export async function getPath(exchange: Exchange, root: Root, path: FilePath, digests: Digests): Promise<void> {
  const opened = openInside(root, path.names);
  try {
    if (opened.kind === "directory") await sendListing(exchange, path, opened.fd);
    else if (path.slash) throw notFound();
    else await sendFile(exchange, opened, digests);
  } finally {
    closeSync(opened.fd);
  }
}

async function sendListing(exchange: Exchange, path: FilePath, dir: number): Promise<void> {
  const entries = await listInside(dir).catch((error) => {
    throw storageProblem(error);
  });
  const document = { path: [path.directory, ...path.names].join("/"), entries };
  exchange.json(200, document, { "Cache-Control": "no-cache" });
}

/** Answers GET or HEAD with an open file: conditions, one range, digest. */
export async function sendFile(exchange: Exchange, file: Omit<OpenFile, "kind">, digests: Digests): Promise<void> {
  const { method, req } = exchange;
  const size = Number(file.stat.size);
  const validators = validatorsOf(file.stat);
  const state: Headers = {
    ETag: validators.etag,
    "Last-Modified": new Date(validators.modifiedMs).toUTCString(),
    "Cache-Control": "no-cache",
    "Accept-Ranges": "bytes",
  };
  const verdict = evaluate(method, req.headers, validators);
  if (verdict === "failed") throw preconditionFailed();
  if (verdict === "not-modified") return exchange.answer(304, state);

  const ifRange = req.headers["if-range"];
  const useRange = method === "GET" && rangeStillHolds(typeof ifRange === "string" ? ifRange : undefined, validators);
  const range = selectRange(useRange ? req.headers.range : undefined, size);
  if (range.kind === "unsatisfiable") throw outOfRange(size);

  const sha256 = wantsDigest(req.headers["want-repr-digest"])
    ? await digests.compute(validators.etag, file.fd, size)
    : digests.get(validators.etag);
  const headers: Headers = {
    ...state,
    // Whatever was uploaded, no browser is to run it.
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    ...(sha256 === undefined ? {} : { "Repr-Digest": digestField(sha256) }),
  };
  if (method === "HEAD") return exchange.answer(200, { ...headers, "Content-Length": size });
  if (range.kind === "part") {
    const last = range.start + range.length - 1;
    const partial = { ...headers, "Content-Range": `bytes ${range.start}-${last}/${size}` };
    return sendPart(exchange, 206, partial, { fd: file.fd, start: range.start, length: range.length });
  }
  const whole = sha256 === undefined ? headers : { ...headers, "Content-Digest": digestField(sha256) };
  return sendPart(exchange, 200, whole, { fd: file.fd, start: 0, length: size });
}
