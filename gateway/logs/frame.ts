/**
 * One batch as bytes: "SPL1", the length and the CRC-32 of what follows the header, then the length of the meta, the
 * meta as JSON, and the payload. Pure.
 */
import { crc32 } from "node:zlib";

export interface FrameMeta<Mark> {
  readonly sequence: number;
  readonly id: string;
  readonly records: number;
  /** Records dropped before this batch. */
  readonly dropped: number;
  readonly mark?: Mark | undefined;
}

export interface Frame<Mark> {
  readonly meta: FrameMeta<Mark>;
  readonly payload: Uint8Array;
  readonly bytes: number;
}

export const FRAME_HEADER = 12;
const MAGIC = 0x53_50_4c_31;

export function encodeFrame<Mark>(meta: FrameMeta<Mark>, payload: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(meta));
  const frame = Buffer.allocUnsafe(FRAME_HEADER + 4 + text.length + payload.length);
  frame.writeUInt32BE(MAGIC, 0);
  frame.writeUInt32BE(frame.length - FRAME_HEADER, 4);
  frame.writeUInt32BE(text.length, FRAME_HEADER);
  text.copy(frame, FRAME_HEADER + 4);
  frame.set(payload, FRAME_HEADER + 4 + text.length);
  frame.writeUInt32BE(crc32(frame.subarray(FRAME_HEADER)), 8);
  return frame;
}

/** @returns undefined if any bit has changed. */
export function decodeFrame<Mark>(header: Buffer, body: Buffer): Frame<Mark> | undefined {
  if (header.readUInt32BE(0) !== MAGIC || header.readUInt32BE(8) !== crc32(body) || body.length < 4) return undefined;
  const end = 4 + body.readUInt32BE(0);
  if (end > body.length) return undefined;
  const meta = JSON.parse(body.toString("utf8", 4, end)) as FrameMeta<Mark>;
  return { meta, payload: body.subarray(end), bytes: FRAME_HEADER + body.length };
}
