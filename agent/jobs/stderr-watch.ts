/** Reads a program's stderr: keeps the end of it, and understands `progress: 42%`. Pure. */
import { StringDecoder } from "node:string_decoder";

/** Bytes of stderr to keep. */
const TAIL_BYTES = 8 * 1024;
const PROGRESS = /^\s*progress:\s*(\d{1,3}(?:\.\d+)?)\s*%\s*$/i;

export class StderrWatch {
  readonly #decoder = new StringDecoder("utf8");
  /** Whole lines, each with its end. */
  #tail = "";
  #line = "";
  /** 0 to 1. */
  progress: number | undefined;

  push(chunk: Buffer): void {
    // A line ends in "\n", "\r\n" or "\r": programs redraw a line with the last.
    const pieces = (this.#line + this.#decoder.write(chunk)).split(/(?<=\n)|(?<=\r)(?!\n)/);
    const last = pieces.pop() ?? "";
    const whole = /[\r\n]$/.test(last);
    for (const line of whole ? [...pieces, last] : pieces) this.#take(line);
    this.#line = whole ? "" : lastBytes(last);
  }

  /** Without the lines that only report progress. */
  get tail(): string {
    return lastBytes(this.#tail + this.#line);
  }

  #take(line: string): void {
    const percent = PROGRESS.exec(line)?.[1];
    if (percent === undefined) this.#tail = lastBytes(this.#tail + line);
    else this.progress = Math.min(1, Number(percent) / 100);
  }
}

function lastBytes(text: string): string {
  if (text.length * 3 <= TAIL_BYTES) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= TAIL_BYTES) return text;
  let start = bytes.length - TAIL_BYTES;
  // Not in the middle of a character: continuation bytes are 10xxxxxx.
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString();
}
