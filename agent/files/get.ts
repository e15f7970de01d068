/** GET and HEAD of a file or directory. */
import { closeSync } from "node:fs";
import { evaluate, rangeStillHolds } from "../../http/headers/conditions.js";
import { digestField, wantsDigest } from "../../http/headers/digest.js";
import { selectRange } from "../../http/headers/range.js";
import { notFound, preconditionFailed } from "../../http/problems.js";
import type { Exchange, Headers } from "../../http/server/exchange.js";
import { readPart, sendPart } from "../../http/server/send.js";
import { storageProblem } from "../guard/errno-problem.js";
import type { FilePath } from "../guard/file-path.js";
import { listInside } from "../guard/list-inside.js";
import type { OpenFileCache } from "../guard/open-file-cache.js";
import { type OpenFile, openInside } from "../guard/open-inside.js";
import type { Root } from "../guard/roots.js";
import { currentTick } from "../guard/tick.js";
import { outOfRange } from "../problems.js";
import type { Digests } from "./digests.js";
import { describeFile, type FileState } from "./file-state.js";

const NONE: Headers = {};

export interface GetOptions {
  readonly digests: Digests;
  readonly cache: OpenFileCache<FileState>;
}

/** Answers synchronously if the cache holds the file at `rawPath`. @returns whether it did. */
export function getCached(exchange: Exchange, rawPath: string, { digests, cache }: GetOptions): boolean {
  if (!mayCache(exchange)) return false;
  const state = cache.find(rawPath);
  if (state === undefined) return false;
  void answerFile(exchange, state, digests.get(state.etag), true);
  return true;
}

export async function getPath(
  exchange: Exchange,
  root: Root,
  path: FilePath,
  rawPath: string,
  options: GetOptions,
): Promise<void> {
  const { opened, cached } =
    mayCache(exchange) && !path.slash
      ? options.cache.open(rawPath, root, path.names, describeFile)
      : { opened: openInside(root, path.names), cached: false };
  try {
    if (opened.kind === "directory") await sendListing(exchange, path, opened.fd);
    else if (path.slash) throw notFound();
    else await sendFile(exchange, opened, options.digests);
  } finally {
    if (!cached) closeSync(opened.fd);
  }
}

/** Answers GET or HEAD with an open file: conditions, one range, digest. */
export async function sendFile(exchange: Exchange, file: Omit<OpenFile, "kind">, digests: Digests): Promise<void> {
  const state = describeFile(file);
  const { etag, fd, size } = state;
  const sha256 =
    needsDigest(exchange) && evaluate(exchange.method, exchange.req.headers, state) === "proceed"
      ? await digests.compute(etag, fd, size)
      : digests.get(etag);
  return answerFile(exchange, state, sha256);
}

/** Computing a digest takes time, and the cache may close the file meanwhile. */
function mayCache(exchange: Exchange): boolean {
  return !needsDigest(exchange);
}

function needsDigest({ req }: Exchange): boolean {
  const wanted = req.headers["want-repr-digest"];
  return wanted !== undefined && wantsDigest(wanted);
}

async function sendListing(exchange: Exchange, path: FilePath, dir: number): Promise<void> {
  const { entries, notShown } = await listInside(dir).catch((error) => {
    throw storageProblem(error);
  });
  const document = { path: [path.directory, ...path.names].join("/"), entries, not_shown: notShown };
  exchange.json(200, document, { "Cache-Control": "no-cache" });
}

/** One request per tick reads the contents; the others reuse them. */
function sendCached(exchange: Exchange, headers: Headers, state: FileState): undefined {
  const tick = currentTick();
  if (state.contents === undefined || state.readIn !== tick) {
    state.contents = readPart({ fd: state.fd, start: 0, length: state.size });
    state.readIn = tick;
  }
  exchange.answer(200, headers, state.contents);
  if (state.contents.length < state.size) exchange.res.destroy();
}

/** Synchronous for a small file; a large one returns a promise. */
function answerFile(
  exchange: Exchange,
  state: FileState,
  sha256: Buffer | undefined,
  isCached = false,
): Promise<void> | undefined {
  const { method, req } = exchange;
  const { headers: asked } = req;
  const { fd, size } = state;
  const verdict = evaluate(method, asked, state);
  if (verdict === "failed") throw preconditionFailed();
  if (verdict === "not-modified") {
    exchange.answer(304, state.validatorHeaders);
    return undefined;
  }
  const ifRange = asked["if-range"];
  const useRange = method === "GET" && rangeStillHolds(typeof ifRange === "string" ? ifRange : undefined, state);
  const range = selectRange(useRange ? asked.range : undefined, size);
  if (range.kind === "unsatisfiable") throw outOfRange(size);

  const digest = sha256 === undefined ? undefined : digestField(sha256);
  const known: Headers = digest === undefined ? NONE : { "Repr-Digest": digest };
  if (method === "HEAD") {
    exchange.answer(200, digest === undefined ? state.wholeHeaders : { ...state.wholeHeaders, ...known });
    return undefined;
  }
  if (range.kind === "part") {
    const headers = { ...state.headers, ...known, "Content-Length": range.length };
    const last = range.start + range.length - 1;
    const partial = { ...headers, "Content-Range": `bytes ${range.start}-${last}/${size}` };
    return sendPart(exchange, 206, partial, { fd, start: range.start, length: range.length });
  }
  const whole =
    digest === undefined ? state.wholeHeaders : { ...state.wholeHeaders, ...known, "Content-Digest": digest };
  if (isCached) return sendCached(exchange, whole, state);
  return sendPart(exchange, 200, whole, { fd, start: 0, length: size });
}
