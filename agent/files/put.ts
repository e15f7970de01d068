/** PUT of a file: checked before the first byte is accepted, and again before the new file gets its name. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { defined } from "../../base/defined.js";
import { evaluate } from "../../http/headers/conditions.js";
import { isEncoded } from "../../http/headers/content-encoding.js";
import { digestField, parseDigest } from "../../http/headers/digest.js";
import { encoded, notFound, preconditionFailed } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { FilePath } from "../guard/file-path.js";
import type { Root } from "../guard/roots.js";
import { type Allow, Upload } from "../guard/upload.js";
import { digestMalformed, digestMismatch, isDirectory, partialPut, tooLarge } from "../problems.js";
import type { Digests } from "./digests.js";
import type { Temporaries } from "./temporaries.js";
import { lastModified, validatorsOf } from "./validators.js";

/** Bytes gathered for one write, and pieces in one system call (IOV_MAX is 1024). */
const GATHERED_BYTES = 512 * 1024;
const GATHERED_PIECES = 512;

const DIGEST_FIELDS = ["Content-Digest", "Repr-Digest"] as const;

export interface PutOptions {
  readonly digests: Digests;
  readonly temporaries: Temporaries;
  readonly maxBytes: number;
}

export async function putPath(exchange: Exchange, root: Root, path: FilePath, options: PutOptions): Promise<void> {
  const { req } = exchange;
  if (path.names.length === 0) throw isDirectory();
  if (path.slash) throw notFound();
  const expected = checkUpload(req, options.maxBytes);
  const allow: Allow = (existing) => {
    const current = existing === undefined ? undefined : validatorsOf(existing);
    if (evaluate("PUT", req.headers, current) !== "proceed") throw preconditionFailed();
  };
  const temporary = options.temporaries.take();
  try {
    const upload = Upload.begin(root, path.names, temporary, allow);
    try {
      const sha256 = await receive(exchange, upload, options.maxBytes);
      compareDigests(expected, sha256);
      const { stat, created } = await upload.commit(allow);
      const { etag, modifiedMs } = validatorsOf(stat);
      options.digests.remember(etag, sha256);
      const modified = lastModified(modifiedMs);
      exchange.answer(
        created ? 201 : 204,
        defined({
          ETag: etag,
          "Last-Modified": modified,
          "Repr-Digest": digestField(sha256),
          "Content-Length": created ? 0 : undefined,
        }),
      );
    } catch (error) {
      await upload.abort();
      throw error;
    } finally {
      await upload.close();
    }
  } catch (error) {
    if (!req.socket.destroyed) throw error;
    if (exchange.verdict === "ok") exchange.verdict = "aborted";
  } finally {
    options.temporaries.giveBack(temporary);
  }
}

interface ExpectedDigest {
  readonly field: string;
  readonly digest: Buffer;
}

/** Checks the headers. @returns the digests that the content must have. @throws Problem */
export function checkUpload(req: IncomingMessage, maxBytes: number): ExpectedDigest[] {
  const expected = expectedDigests(req);
  if (req.headers["content-range"] !== undefined) throw partialPut();
  if (isEncoded(req.headers)) throw encoded();
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return expected;
}

export function compareDigests(expected: readonly ExpectedDigest[], sha256: Buffer): void {
  for (const { field, digest } of expected) if (!digest.equals(sha256)) throw digestMismatch(field);
}

/** @returns the SHA-256 of the received content. */
export async function receive(exchange: Exchange, upload: Pick<Upload, "write">, maxBytes: number): Promise<Buffer> {
  const hash = createHash("sha256");
  let gathered: Buffer[] = [];
  let bytes = 0;
  let writing: Promise<void> | undefined;
  exchange.acceptBody();
  // Leaving the loop early must not cut the connection: the client still has to read the reason.
  for await (const chunk of exchange.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    exchange.received += chunk.length;
    if (exchange.received > maxBytes) throw tooLarge(maxBytes);
    hash.update(chunk);
    gathered.push(chunk);
    bytes += chunk.length;
    if (bytes < GATHERED_BYTES && gathered.length < GATHERED_PIECES) continue;
    await writing;
    writing = upload.write(gathered);
    // Handled at the next await; until then it must not count as unhandled.
    writing.catch(() => undefined);
    gathered = [];
    bytes = 0;
  }
  await writing;
  await upload.write(gathered);
  return hash.digest();
}

function expectedDigests(req: IncomingMessage): ExpectedDigest[] {
  return DIGEST_FIELDS.flatMap((field) => {
    const digest = parseDigest(req.headers[field.toLowerCase()]);
    if (digest === "malformed") throw digestMalformed(field);
    return digest === "absent" ? [] : [{ field, digest }];
  });
}
