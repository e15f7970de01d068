/**
 * `host://DIR/PATH`: a file of an authorized directory, by the directory's name. It is percent-encoded like
 * `/v1/files/DIR/PATH`, and parsed by the same rules. It cannot express a path of the host. The scheme is compared before
 * the rest is parsed, so that no other spelling of it slips by.
 */
import { FILES_PREFIX, parseFilePath } from "../guard/file-path.js";
import type { FileRef } from "../jobs/types.js";
import { notHostUrl } from "./problems.js";

const SCHEME = /^host:\/\//i;

/** @param field named in the problem. @throws Problem 422; 400 or 404 as of `/v1/files/…`. */
export function parseHostUrl(field: string, text: string): Extract<FileRef, { kind: "host" }> {
  const scheme = SCHEME.exec(text)?.[0];
  if (scheme === undefined || /[?#]/.test(text)) throw notHostUrl(field);
  const { directory, names, slash } = parseFilePath(FILES_PREFIX + text.slice(scheme.length));
  if (names.length === 0 || slash) throw notHostUrl(field);
  return { kind: "host", directory, names };
}

/** `private` for a file of the job's own. */
export function formatFileRef(ref: FileRef): string {
  if (ref.kind === "private") return "private";
  return `host://${[ref.directory, ...ref.names].map(encodeURIComponent).join("/")}`;
}
