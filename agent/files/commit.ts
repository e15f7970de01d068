/** One PUT of a file, and its last step. */
import { defined } from "../../base/defined.js";
import { digestField } from "../../http/headers/digest.js";
import type { Exchange, Headers } from "../../http/server/exchange.js";
import type { Root } from "../guard/roots.js";
import type { Allow, Upload } from "../guard/upload.js";
import type { Digests } from "./digests.js";
import type { StagedUploads } from "./staged-uploads.js";
import type { Temporaries } from "./temporaries.js";
import { lastModified, validatorsOf } from "./validators.js";

export interface PutOptions {
  readonly digests: Digests;
  readonly temporaries: Temporaries;
  readonly staged: StagedUploads;
  readonly maxBytes: number;
}

/** One PUT, its path and headers checked. */
export interface Put {
  readonly exchange: Exchange;
  readonly root: Root;
  readonly names: readonly string[];
  /** The client's conditions. */
  readonly allow: Allow;
  readonly options: PutOptions;
}

/** Gives the file its name. @returns the answer. */
export async function commit(
  upload: Upload,
  allow: Allow,
  sha256: Buffer,
  digests: Digests,
): Promise<{ status: number; headers: Headers; etag: string }> {
  const { stat, created } = await upload.commit(allow);
  const { etag, modifiedMs } = validatorsOf(stat);
  digests.remember(etag, sha256);
  const headers = defined({
    ETag: etag,
    "Last-Modified": lastModified(modifiedMs),
    "Repr-Digest": digestField(sha256),
    "Content-Length": created ? 0 : undefined,
  });
  return { status: created ? 201 : 204, headers, etag };
}
