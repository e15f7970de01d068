/**
 * The headers of an upload that can be continued. `Upload-Id` names it; `Content-Range` says which of its bytes follow,
 * or with `bytes *\/SIZE` and `bytes *\/*` only asks how many the agent has.
 */
import type { IncomingMessage } from "node:http";
import { badContentRange, badUploadId, partialPut } from "../problems.js";

export interface Partial {
  readonly id: string;
  /** Undefined for a question. */
  readonly start: number | undefined;
  /** Bytes of the whole file, if the client knows. */
  readonly total: number | undefined;
  /** Without Content-Range, the content is the whole file. */
  readonly isWhole: boolean;
}

const ID = /^[A-Za-z0-9._-]{16,128}$/;
const RANGE = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/;

/** @returns undefined for an upload that cannot be continued. @throws Problem */
export function partialIn({ headers }: IncomingMessage): Partial | undefined {
  const id = headers["upload-id"];
  const range = headers["content-range"];
  if (id === undefined) {
    if (range !== undefined) throw partialPut();
    return undefined;
  }
  if (typeof id !== "string" || !ID.test(id)) throw badUploadId();
  if (range === undefined) return { id, start: 0, total: undefined, isWhole: true };
  const [, first, last, size] = RANGE.exec(range) ?? [];
  const total = size === undefined || size === "*" ? undefined : Number(size);
  const start = first === undefined ? undefined : Number(first);
  const end = last === undefined ? undefined : Number(last);
  const fits = start === undefined || end === undefined || (end >= start && (total === undefined || end < total));
  if (size === undefined || !fits) throw badContentRange();
  return { id, start, total, isWhole: false };
}
