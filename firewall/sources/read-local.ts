/** Reads a list from a local file, as of one moment. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { errno } from "../../base/fault.js";
import { decode } from "./decode.js";
import * as faults from "./faults.js";

const MAX_BYTES = 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  ENXIO: "it is not a regular file",
};

export async function readLocal(path: string, name: string): Promise<string> {
  // O_NONBLOCK: otherwise, opening a FIFO would wait for a writer for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw faults.unreachable(name, REASONS[errno(error) ?? ""] ?? String(error), error);
  });
  try {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) throw faults.notAFile(name);
    if (before.size > MAX_BYTES) throw faults.tooLarge(name, MAX_BYTES);
    const bytes = await handle.readFile();
    const after = await handle.stat({ bigint: true });
    // A half-written list would look like a list that shrank.
    if (after.size !== before.size || after.mtimeNs !== before.mtimeNs || BigInt(bytes.length) !== before.size) {
      throw faults.changedMeanwhile(name);
    }
    return decode(bytes, name);
  } finally {
    await handle.close();
  }
}
