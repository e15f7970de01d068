/**
 * A durable map: each change is appended to a file as one line, and synced before readers see it. A line holds all
 * changes of one decision, so a crash leaves all of them or none. A last line that a crash cut short is dropped: its
 * caller never got an answer. Any other damage is reported, not repaired by guessing.
 *
 * A line is the first 16 hex digits of the SHA-256, a blank, and JSON. The owner makes sure that only one process has
 * the file open.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readFile, truncate } from "node:fs/promises";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { brokenState, stateNotWritten } from "./errors.js";

/** Without a value, the key is deleted. */
export interface Change<T> {
  readonly key: string;
  readonly value?: T;
}

export interface Decision<T, R> {
  readonly changes: ReadonlyArray<Change<T>>;
  readonly result: R;
}

/** Surplus lines over records at which the file is rewritten. */
const SURPLUS = 1_000;

export class DurableMap<T> {
  #last: Promise<unknown> = Promise.resolve();
  #broken: unknown;

  private constructor(
    private readonly file: string,
    private handle: FileHandle,
    private readonly values: Map<string, T>,
    private bytes: number,
    private lines: number,
  ) {}

  /** @throws Fault if the file is damaged. */
  static async open<T>(file: string): Promise<DurableMap<T>> {
    const content = await readFile(file).catch((error: unknown) => {
      if (errno(error) === "ENOENT") return Buffer.alloc(0);
      throw error;
    });
    const { values, bytes, lines } = parse<T>(content, file);
    if (content.length === 0) await replaceFile(file, "", 0o600);
    if (bytes < content.length) await truncate(file, bytes);
    const map = new DurableMap(file, await openForAppending(file), values, bytes, lines);
    try {
      await map.#compact();
    } catch (error) {
      await map.handle.close();
      throw error;
    }
    return map;
  }

  get records(): ReadonlyMap<string, T> {
    return this.values;
  }

  /** Whether writing has failed for good, until the file is opened again. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Runs `decide` after all earlier decisions, makes its changes durable, and only then shows them to readers.
   *
   * @param decide throws to change nothing.
   */
  change<R>(decide: () => Decision<T, R>): Promise<R> {
    const done = this.#last.then(async () => {
      const { changes, result } = decide();
      if (changes.length === 0) return result;
      await this.#append(lineOf(changes));
      apply(this.values, changes);
      // The change is durable, even if the file cannot be compacted.
      await this.#compact().catch(() => undefined);
      return result;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.handle.close();
  }

  async #append(line: Buffer): Promise<void> {
    if (this.#broken !== undefined) throw stateNotWritten(this.file, this.#broken);
    try {
      await this.handle.appendFile(line);
      await this.handle.datasync();
    } catch (error) {
      // Half a line would spoil the next one. If it cannot be removed, no further line is written.
      await this.handle.truncate(this.bytes).catch((cause: unknown) => {
        this.#broken = cause;
      });
      // A failed sync may have dropped pages: the content of the disk is unknown.
      if (errno(error) === "EIO") this.#broken = error;
      throw stateNotWritten(this.file, error);
    }
    this.bytes += line.length;
    this.lines += 1;
  }

  async #compact(): Promise<void> {
    if (this.lines <= this.values.size + SURPLUS) return;
    const lines = [...this.values].map(([key, value]) => lineOf([{ key, value }]));
    const content = Buffer.concat(lines);
    await replaceFile(this.file, content, 0o600);
    // The old handle now refers to a file without a name.
    let next: FileHandle;
    try {
      next = await openForAppending(this.file);
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    const old = this.handle;
    this.handle = next;
    this.bytes = content.length;
    this.lines = lines.length;
    await old.close();
  }
}

function openForAppending(file: string): Promise<FileHandle> {
  return open(file, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
}

function lineOf(changes: ReadonlyArray<Change<unknown>>): Buffer {
  const text = JSON.stringify(changes);
  return Buffer.from(`${sumOf(text)} ${text}\n`);
}

const sumOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);

function parse<T>(content: Buffer, file: string) {
  const values = new Map<string, T>();
  let bytes = 0;
  let lines = 0;
  while (bytes < content.length) {
    const end = content.indexOf(0x0a, bytes);
    const changes = end < 0 ? undefined : changesOf<T>(content.toString("utf8", bytes, end));
    if (changes === undefined) {
      // A crash damages only the end: a line cut short, or blocks of zeros of an unfinished sync.
      if (end < 0 || isLast(content, end)) break;
      throw brokenState(file, lines + 1);
    }
    apply(values, changes);
    bytes = end + 1;
    lines += 1;
  }
  return { values, bytes, lines };
}

/** Whether only zeros follow. */
function isLast(content: Buffer, end: number): boolean {
  return content.subarray(end + 1).every((byte) => byte === 0);
}

function changesOf<T>(line: string): ReadonlyArray<Change<T>> | undefined {
  const text = line.slice(17);
  return line[16] === " " && line.slice(0, 16) === sumOf(text) ? JSON.parse(text) : undefined;
}

function apply<T>(values: Map<string, T>, changes: ReadonlyArray<Change<T>>): void {
  for (const { key, value } of changes) {
    if (value === undefined) values.delete(key);
    else values.set(key, value);
  }
}
