/** The content of an upload: what its headers promise, and the bytes as they come. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isEncoded } from "../../http/headers/content-encoding.js";
import { parseDigest } from "../../http/headers/digest.js";
import { encoded } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import { digestMalformed, digestMismatch, partialPut, tooLarge } from "../problems.js";

/** Bytes gathered for one write, and pieces in one system call (IOV_MAX is 1024). */
const GATHERED_BYTES = 512 * 1024;
const GATHERED_PIECES = 512;

const DIGEST_FIELDS = ["Content-Digest", "Repr-Digest"] as const;

export interface ExpectedDigest {
  readonly field: (typeof DIGEST_FIELDS)[number];
  readonly digest: Buffer;
}

/** Checks the headers. @returns the digests that the content must have. @throws Problem */
export function checkContent(req: IncomingMessage, maxBytes: number): ExpectedDigest[] {
  const expected = expectedDigests(req);
  if (isEncoded(req.headers)) throw encoded();
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return expected;
}

/** As {@link checkContent}, for content that comes in one piece. */
export function checkUpload(req: IncomingMessage, maxBytes: number): ExpectedDigest[] {
  if (req.headers["content-range"] !== undefined) throw partialPut();
  return checkContent(req, maxBytes);
}

export function compareDigests(expected: readonly ExpectedDigest[], sha256: Buffer): void {
  for (const { field, digest } of expected) if (!digest.equals(sha256)) throw digestMismatch(field);
}

type Write = (chunks: readonly Buffer[]) => Promise<void>;

/** @returns the SHA-256 of the received content. */
export async function receive(exchange: Exchange, to: { readonly write: Write }, maxBytes: number): Promise<Buffer> {
  const hash = createHash("sha256");
  const write: Write = (chunks) => {
    for (const chunk of chunks) hash.update(chunk);
    return to.write(chunks);
  };
  await gather(exchange, write, maxBytes);
  return hash.digest();
}

/** Each piece is written while the next one comes in. What came after the last piece is lost if the client goes away. */
export async function gather(exchange: Exchange, write: Write, maxBytes: number): Promise<void> {
  let gathered: Buffer[] = [];
  let bytes = 0;
  let writing: Promise<void> | undefined;
  exchange.acceptBody();
  // Leaving the loop early must not cut the connection: the client still has to read the reason.
  for await (const chunk of exchange.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    exchange.received += chunk.length;
    if (exchange.received > maxBytes) throw tooLarge(maxBytes);
    gathered.push(chunk);
    bytes += chunk.length;
    if (bytes < GATHERED_BYTES && gathered.length < GATHERED_PIECES) continue;
    await writing;
    writing = write(gathered);
    // Handled at the next await; until then it must not count as unhandled.
    writing.catch(() => undefined);
    gathered = [];
    bytes = 0;
  }
  await writing;
  await write(gathered);
}

function expectedDigests(req: IncomingMessage): ExpectedDigest[] {
  return DIGEST_FIELDS.flatMap((field) => {
    const digest = parseDigest(req.headers[field.toLowerCase()]);
    if (digest === "malformed") throw digestMalformed(field);
    return digest === "absent" ? [] : [{ field, digest }];
  });
}
