/**
 * Follows a growing log through rotation by rename and by copytruncate, from where an earlier process stopped. Reads
 * each complete line once, in order, as long as the rotated files still exist.
 */
import { type FileHandle, open } from "node:fs/promises";
import { errno } from "../../../base/fault.js";
import { HEAD_BYTES, headOf, keyOf, type Position } from "./position.js";
import { after, findContinuation, type LogFile, logFileAt, rotatedFiles } from "./rotated-files.js";

export interface Chunk {
  /** Complete lines, each with its newline. One byte is one character, so that indices are offsets. */
  readonly text: string;
  /** Offset of the first byte. */
  readonly offset: number;
  readonly key: string;
  /** Where to continue after this chunk. */
  readonly position: Position;
}

export interface FollowOptions {
  readonly file: string;
  /** Where an earlier process stopped. @default - the beginning of the current file */
  readonly position?: Position;
  /** Longer lines are skipped. @default 1 MiB */
  readonly chunkBytes?: number;
  readonly onEvent?: (event: FollowEvent) => void;
}

export type FollowEvent =
  /** The lines after the position were deleted or compressed. */
  | "rotated-away"
  /** A line longer than a chunk was skipped. */
  | "line-too-long"
  /** A file ended in the middle of a line, and another file followed it. */
  | "line-torn";

/** At once, unless a line is longer: the records of a chunk are in memory until they are on disk. */
const READ_BYTES = 128 * 1024;

/** The file being read. */
interface Current {
  readonly handle: FileHandle;
  readonly device: number;
  readonly inode: number;
  readonly path: string;
  /** Empty until its first line is complete. */
  head: Buffer;
  key: string;
  offset: number;
  skipping: boolean;
  modifiedMs: number;
}

export class Follower {
  #current: Current | undefined;
  #position: Position | undefined;
  readonly #buffer: Buffer;

  constructor(private readonly options: FollowOptions) {
    this.#position = options.position;
    this.#buffer = Buffer.allocUnsafe(options.chunkBytes ?? 1024 * 1024);
  }

  /** @returns undefined when everything was read. Calls must not overlap. */
  async read(): Promise<Chunk | undefined> {
    for (;;) {
      if (this.#current === undefined && !(await this.#open())) return undefined;
      const current = this.#current as Current;
      // Look for a successor first: once it has content, the logger no longer writes to the old file.
      const next = await this.#successor(current);
      const chunk = await this.#readFrom(current);
      if (chunk === "truncated") await this.#leaveTruncated(current);
      else if (chunk === "skipped") continue;
      else if (chunk !== undefined) return chunk;
      else if (next === undefined) return undefined;
      else await this.#switchTo(next, current);
    }
  }

  async close(): Promise<void> {
    await this.#current?.handle.close();
    this.#current = undefined;
  }

  async #open(): Promise<boolean> {
    const { file } = this.options;
    const position = this.#position;
    if (position === undefined) return this.#enter(await logFileAt(file), "");
    const now = await logFileAt(file);
    const candidates = [...(await rotatedFiles(file)), ...(now === undefined ? [] : [now])];
    const found = await findContinuation(position, candidates);
    if (found !== undefined) return this.#enter(found, position.key, position);
    // Truncated without a copy, or removed: continue with the younger files.
    this.#event("rotated-away");
    const isSame = now !== undefined && now.device === position.device && now.inode === position.inode;
    const [first] = isSame ? [now] : [...after({ path: "", modifiedMs: position.modifiedMs }, candidates), now];
    return this.#enter(first, position.key);
  }

  /** @param key the key of this file if `from` is given, otherwise of the file before it. */
  async #enter(found: LogFile | undefined, key: string, from?: Position): Promise<boolean> {
    if (found === undefined) return false;
    let handle: FileHandle;
    try {
      handle = await open(found.path, "r");
    } catch (error) {
      if (errno(error) === "ENOENT") return false;
      throw error;
    }
    const { dev, ino, mtimeMs } = await handle.stat();
    const head = Buffer.alloc(from?.headBytes ?? 0);
    if (from !== undefined) {
      await handle.read(head, 0, head.length, 0);
      // The log was rotated between the choice and the opening: choose again.
      if (headOf(head) !== from.head) {
        await handle.close();
        return false;
      }
    }
    this.#current = {
      handle,
      device: dev,
      inode: ino,
      path: found.path,
      head,
      key,
      offset: from?.offset ?? 0,
      skipping: from?.skipping ?? false,
      modifiedMs: mtimeMs,
    };
    return true;
  }

  async #readFrom(current: Current): Promise<Chunk | "truncated" | "skipped" | undefined> {
    const buffer = this.#buffer;
    let { bytesRead } = await current.handle.read(buffer, 0, Math.min(READ_BYTES, buffer.length), current.offset);
    if (bytesRead === READ_BYTES && buffer.subarray(0, bytesRead).indexOf(10) < 0) {
      ({ bytesRead } = await current.handle.read(buffer, 0, buffer.length, current.offset));
    }
    // Checked after reading: if the file was truncated meanwhile, the bytes are discarded.
    const { size, mtimeMs } = await current.handle.stat();
    if (size < current.offset || !(await beginsWith(current))) return "truncated";
    current.modifiedMs = mtimeMs;
    const bytes = buffer.subarray(0, bytesRead);
    const end = bytes.lastIndexOf(10) + 1;
    if (end === 0) {
      if (bytesRead < buffer.length) return undefined;
      if (!current.skipping) this.#event("line-too-long");
      await this.#rememberHead(current, bytes);
      current.skipping = true;
      current.offset += bytesRead;
      return "skipped";
    }
    await this.#rememberHead(current, bytes);
    const start = current.skipping ? bytes.indexOf(10) + 1 : 0;
    const offset = current.offset + start;
    current.skipping = false;
    current.offset += end;
    this.#position = positionOf(current);
    return { text: bytes.toString("latin1", start, end), offset, key: current.key, position: this.#position };
  }

  /** Identifies a file by its beginning, once only truncation can change that. */
  async #rememberHead(current: Current, bytes: Buffer): Promise<void> {
    if (current.head.length >= HEAD_BYTES) return;
    if (current.offset === 0) {
      const lineEnd = bytes.indexOf(10);
      current.key = keyOf(current.key, bytes.subarray(0, Math.min(lineEnd === -1 ? HEAD_BYTES : lineEnd, HEAD_BYTES)));
      const end = Math.min(HEAD_BYTES, bytes.lastIndexOf(10) + 1 || bytes.length);
      current.head = Buffer.from(bytes.subarray(0, end));
      return;
    }
    const longer = Buffer.alloc(Math.min(HEAD_BYTES, current.offset));
    const { bytesRead } = await current.handle.read(longer, 0, longer.length, 0);
    if (bytesRead === longer.length && longer.subarray(0, current.head.length).equals(current.head))
      current.head = longer;
  }

  /** The oldest of the later files, once it has content. */
  async #successor(current: Current): Promise<LogFile | undefined> {
    const { file } = this.options;
    const now = await logFileAt(file);
    if (now === undefined || isSame(now, current)) return undefined;
    const older = await rotatedFiles(file);
    const own = older.find((found) => isSame(found, current)) ?? { path: "", modifiedMs: current.modifiedMs };
    return [...after(own, older), now].find((found) => found.size > 0 && !isSame(found, current));
  }

  async #switchTo(next: LogFile, current: Current): Promise<void> {
    const { size } = await current.handle.stat();
    if (size > current.offset || current.skipping) this.#event("line-torn");
    await current.handle.close();
    this.#current = undefined;
    await this.#enter(next, current.key);
  }

  /** Continues in the copy that was made before the truncation, if there is one. */
  async #leaveTruncated(current: Current): Promise<void> {
    const { file } = this.options;
    await current.handle.close();
    this.#current = undefined;
    const position = positionOf(current);
    if (position.headBytes > 0) {
      const copy = await findContinuation(position, await rotatedFiles(file), true);
      if (copy !== undefined) {
        await this.#enter(copy, current.key, position);
        return;
      }
      this.#event("rotated-away");
    }
    await this.#enter(await logFileAt(file), current.key);
  }

  #event(event: FollowEvent): void {
    this.options.onEvent?.(event);
  }
}

const isSame = (found: LogFile, current: Current) => found.device === current.device && found.inode === current.inode;

async function beginsWith({ handle, head }: Current): Promise<boolean> {
  const now = Buffer.alloc(head.length);
  const { bytesRead } = await handle.read(now, 0, now.length, 0);
  return bytesRead === head.length && now.equals(head);
}

function positionOf(current: Current): Position {
  const { device, inode, head, key, offset, skipping, modifiedMs } = current;
  return { device, inode, head: headOf(head), headBytes: head.length, key, offset, skipping, modifiedMs };
}
