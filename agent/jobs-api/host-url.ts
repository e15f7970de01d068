/**
 * `host://DIR/PATH`: a file of an authorized directory, by the directory's name, percent-encoded as in
 * `/v1/files/DIR/PATH` and read by the same rules. There is no way to write a path of the host here, and a
 * scheme is compared before anything is done with what follows it, so that none slips by in other letters.
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
