/** Everything that answers about a file need, computed once for each state of it. */
import type { BigIntStats } from "node:fs";
import type { Validators } from "../../http/headers/conditions.js";
import type { Headers } from "../../http/server/exchange.js";
import { lastModified, validatorsOf } from "./validators.js";

export interface FileState extends Validators {
  readonly fd: number;
  /** Bytes. */
  readonly size: number;
  /** The headers of a 304. */
  readonly validatorHeaders: Headers;
  readonly headers: Headers;
  /** The headers of an answer with the whole file. */
  readonly wholeHeaders: Headers;
  /** The whole file in the tick `readIn`; fewer bytes than `size` if it has become shorter. */
  contents?: Buffer;
  readIn?: number;
}

export function describeFile({ fd, stat }: { readonly fd: number; readonly stat: BigIntStats }): FileState {
  const validators = validatorsOf(stat);
  const validatorHeaders = {
    ETag: validators.etag,
    "Last-Modified": lastModified(validators.modifiedMs),
    "Cache-Control": "no-cache",
    "Accept-Ranges": "bytes",
  };
  const headers = {
    ...validatorHeaders,
    // A browser must not run an uploaded file, whatever it is.
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
  };
  const size = Number(stat.size);
  return { ...validators, fd, size, validatorHeaders, headers, wholeHeaders: { ...headers, "Content-Length": size } };
}
