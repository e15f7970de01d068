import { writev } from "node:fs";
import { promisify } from "node:util";

const gather = promisify(writev);

/** Writes every byte, even if the kernel takes few at a time (a disk that fills up takes some, then none). */
export async function writeAll(fd: number, chunks: readonly Buffer[], position: number): Promise<void> {
  let left = [...chunks];
  let offset = position;
  while (left.length > 0) {
    const { bytesWritten } = await gather(fd, left, offset);
    offset += bytesWritten;
    left = drop(left, bytesWritten);
  }
}

function drop(chunks: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  const left: Buffer[] = [];
  for (const chunk of chunks) {
    if (skip < chunk.length) left.push(skip === 0 ? chunk : chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return left;
}
