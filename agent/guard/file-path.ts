/**
 * Parses the path of a file request into a list of names. Each name is decoded once, after the split, so no encoding can
 * make a separator or climb: the filter and the opener see the same names.
 *
 * - NUL, backslash, an encoded slash, malformed percent-encoding and malformed UTF-8 are bad paths.
 * - `..` is never resolved: it counts as outside, even if it would lead back in.
 * - `.` and empty names (`//`) are dropped; they change nothing.
 */
import { notFound } from "../../http/problems.js";
import { badPath } from "../problems.js";
import { isReserved, RESERVED_PREFIX } from "./reserved.js";

export const FILES_PREFIX = "/v1/files/";

/** The kernel's limit for one name. */
const NAME_BYTES = 255;
/** Far deeper than any tree, and shallow enough that a walk stays cheap. */
const DEPTH = 128;

export interface FilePath {
  /** Name of the authorized directory; empty for the list of them. */
  readonly directory: string;
  readonly names: readonly string[];
  /** Whether the path ended in a slash, which only a directory may have. */
  readonly slash: boolean;
}

/** @param path raw, with {@link FILES_PREFIX}. @throws Problem 400 or 404. */
export function parseFilePath(path: string): FilePath {
  const raw = path.slice(FILES_PREFIX.length).split("/");
  const all = raw.map(decodeName);
  if (all.includes("..")) throw notFound("outside");
  const kept = all.filter((name) => name !== "" && name !== ".");
  const [directory = "", ...names] = kept;
  if (names.length > DEPTH) throw badPath(`a path has at most ${DEPTH} names`);
  const last = all.at(-1);
  return { directory, names, slash: last === "" || last === "." };
}

function decodeName(raw: string): string {
  let name: string;
  try {
    // Refuses malformed escapes and everything that is not UTF-8: overlong forms, surrogates, stray bytes.
    name = decodeURIComponent(raw);
  } catch {
    throw badPath("the percent-encoding of the path is malformed");
  }
  if (name.includes("\0")) throw badPath("a path holds no NUL");
  if (name.includes("\\")) throw badPath("a path holds no backslash");
  if (name.includes("/")) throw badPath("a name holds no slash");
  if (Buffer.byteLength(name) > NAME_BYTES) throw badPath(`a name has at most ${NAME_BYTES} bytes`);
  if (isReserved(name)) throw badPath(`names that begin with "${RESERVED_PREFIX}" are the agent's own`);
  return name;
}
