/** Segment files: frames one after the other, the last of them perhaps torn by a crash. */
import { type FileHandle, open } from "node:fs/promises";
import { decodeFrame, FRAME_HEADER, type Frame, type FrameMeta } from "./frame.js";

/** A file of frames. */
export interface Segment {
  readonly path: string;
  /** Sequence number of its last frame. */
  last: number;
  bytes: number;
}

/** Finds the last whole frame of a file, and where it ends. */
export async function scanSegment<Mark>(path: string) {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    let last: FrameMeta<Mark> | undefined;
    let end = 0;
    for (;;) {
      const frame = await readFrame<Mark>(file, end, size);
      if (frame === undefined) return { last, end, size };
      last = frame.meta;
      end += frame.bytes;
    }
  } finally {
    await file.close();
  }
}

/** @returns undefined for a frame that is torn or damaged. */
export async function readFrame<Mark>(
  file: FileHandle,
  offset: number,
  size: number,
): Promise<Frame<Mark> | undefined> {
  if (offset + FRAME_HEADER > size) return undefined;
  const header = Buffer.alloc(FRAME_HEADER);
  await file.read(header, 0, FRAME_HEADER, offset);
  const length = header.readUInt32BE(4);
  if (offset + FRAME_HEADER + length > size) return undefined;
  const body = Buffer.alloc(length);
  await file.read(body, 0, length, offset + FRAME_HEADER);
  return decodeFrame<Mark>(header, body);
}
