/**
 * PUT of an upload that can be continued. If it breaks off, its bytes stay; the client asks how many there are, and
 * sends the rest. The file gets its name when all bytes are here and have the right digest.
 */
import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import { Problem } from "../../http/problem.js";
import type { Headers } from "../../http/server/exchange.js";
import { openInside } from "../guard/open-inside.js";
import { Upload } from "../guard/upload.js";
import { otherOffset } from "../problems.js";
import { commit, type Put } from "./commit.js";
import type { Partial } from "./partial.js";
import { checkContent, compareDigests, type ExpectedDigest, gather } from "./receive.js";
import type { Held, Staged, Stored } from "./staged-uploads.js";
import { validatorsOf } from "./validators.js";

/** @returns false if another request sends this very upload from its beginning: then this one goes its own way. */
export async function putStaged(put: Put, partial: Partial): Promise<boolean> {
  const { exchange, root, names, options } = put;
  const { req } = exchange;
  const { staged } = options;
  const key = [exchange.who, root.name, ...names, partial.id].join("/");
  if (partial.isWhole && staged.isBusy(key)) return false;
  const expected = checkContent(req, options.maxBytes - (partial.start ?? 0));
  await staged.hold(
    key,
    () => req.socket.destroy(),
    async (held) => {
      if (req.socket.destroyed) return;
      const { state } = held;
      if (state?.kind === "stored") {
        if (partial.start === undefined && isThere(put, state)) return exchange.answer(state.status, state.headers);
        await held.drop();
      }
      await proceed(put, partial, expected, held);
    },
  );
  return true;
}

async function proceed(put: Put, partial: Partial, expected: ExpectedDigest[], held: Held): Promise<void> {
  const { exchange } = put;
  const { state } = held;
  const offset = state?.kind === "staged" ? state.offset : 0;
  if (partial.start !== undefined && partial.start !== offset) throw otherOffset(offset);
  try {
    const staged = state?.kind === "staged" ? state : partial.start === undefined ? undefined : begin(put, held);
    if (staged === undefined) return exchange.answer(202, offsetHeaders(0));
    // Content-Digest is about this part (RFC 9530); Repr-Digest, here as in the answer, about the file.
    const ofWhole = expected.filter(({ field }) => partial.isWhole || field === "Repr-Digest");
    const ofPart = expected.filter((one) => !ofWhole.includes(one));
    if (partial.start !== undefined) await take(put, staged, ofPart);
    const total = partial.isWhole ? staged.offset : partial.total;
    if (total !== staged.offset) return exchange.answer(202, offsetHeaders(staged.offset));
    const sha256 = staged.hash.digest();
    compareDigests(ofWhole, sha256);
    const stored = await commit(staged.upload, put.allow, sha256, put.options.digests);
    await held.stored(stored);
    exchange.answer(stored.status, stored.headers);
  } catch (error) {
    // What came before the connection broke is kept. Everything else is the end of this upload.
    if (error instanceof Problem || !exchange.req.socket.destroyed) await held.drop();
    throw error;
  }
}

function begin({ root, names, allow, options }: Put, held: Held): Staged {
  const temporary = options.temporaries.take();
  try {
    return held.begin(Upload.begin(root, names, temporary, allow), temporary);
  } catch (error) {
    options.temporaries.giveBack(temporary);
    throw error;
  }
}

/** Adds the content of the request. */
async function take({ exchange, options }: Put, staged: Staged, expected: readonly ExpectedDigest[]): Promise<void> {
  const part = createHash("sha256");
  const write = (chunks: readonly Buffer[]) => {
    for (const chunk of chunks) {
      staged.hash.update(chunk);
      if (expected.length > 0) part.update(chunk);
      staged.offset += chunk.length;
    }
    return staged.upload.write(chunks);
  };
  await gather(exchange, write, options.maxBytes - staged.offset);
  if (expected.length > 0) compareDigests(expected, part.digest());
}

/** Whether the file that was stored is still what its name leads to. */
function isThere({ root, names }: Put, { etag }: Stored): boolean {
  try {
    const { fd, stat } = openInside(root, names);
    closeSync(fd);
    return validatorsOf(stat).etag === etag;
  } catch {
    return false;
  }
}

const offsetHeaders = (offset: number): Headers => ({ "Upload-Offset": String(offset), "Content-Length": 0 });
