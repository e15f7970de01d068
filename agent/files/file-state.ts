/** What every answer about a file needs, worked out once for each state of it. */
import type { BigIntStats } from "node:fs";
import type { Validators } from "../../http/headers/conditions.js";
import type { Headers } from "../../http/server/exchange.js";
import { validatorsOf } from "./validators.js";

export interface FileState extends Validators {
  readonly fd: number;
  /** Bytes. */
  readonly size: number;
  /** All that a 304 says. */
  readonly validatorHeaders: Headers;
  readonly headers: Headers;
  /** Of an answer with all of it. */
  readonly wholeHeaders: Headers;
  /** All of it as it was in the turn `readIn`; fewer bytes than `size` where it has been cut short. */
  contents?: Buffer;
  readIn?: number;
}

export function describeFile({ fd, stat }: { readonly fd: number; readonly stat: BigIntStats }): FileState {
  const validators = validatorsOf(stat);
  const validatorHeaders = {
    ETag: validators.etag,
    "Last-Modified": new Date(validators.modifiedMs).toUTCString(),
    "Cache-Control": "no-cache",
    "Accept-Ranges": "bytes",
  };
  const headers = {
    ...validatorHeaders,
    // Whatever was uploaded, no browser is to run it.
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
  };
  const size = Number(stat.size);
  return { ...validators, fd, size, validatorHeaders, headers, wholeHeaders: { ...headers, "Content-Length": size } };
}
