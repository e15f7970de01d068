/**
 * The command line of an accelerator's program: `-m 0|1|2` (start, process, stop), `-i` and `-o` files, `-j` JSON
 * parameters in, `-p` JSON result out. The built-in programs are processes of their own, like any other.
 */
import { createReadStream, readFileSync, statSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

export interface Call {
  readonly mode: "0" | "1" | "2";
  readonly input: string | undefined;
  readonly output: string | undefined;
  /** `app.specific` of the parameters. */
  readonly specific: Readonly<Record<string, unknown>>;
}

/** A wrong call; its message is for the user. */
export class Refusal extends Error {}

/** The part of the result document from one run. */
export interface BuiltinResult {
  readonly specific: Readonly<Record<string, unknown>>;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Runs `process` for mode 1, answers modes 0 and 2, and ends this process: 0, or 1 with `app.status` 1. */
export async function serveCall(process: (call: Call) => Promise<BuiltinResult>): Promise<never> {
  const { values } = parseArgs({
    options: {
      m: { type: "string", short: "m", default: "1" },
      i: { type: "string", short: "i" },
      o: { type: "string", short: "o" },
      j: { type: "string", short: "j" },
      p: { type: "string", short: "p" },
    },
  });
  const tell = (document: object) => {
    if (values.p !== undefined) writeFileSync(values.p, JSON.stringify(document));
  };
  const began = performance.now();
  try {
    const specific = values.j === undefined ? {} : specificOf(JSON.parse(readFileSync(values.j, "utf8")));
    const mode = values.m;
    if (mode !== "0" && mode !== "1" && mode !== "2") throw new Refusal(`-m is "${mode}"; write 0, 1 or 2`);
    if (mode !== "1") {
      tell({ app: { status: 0, msg: "" } });
      return globalThis.process.exit(0);
    }
    const answer = await process({ mode, input: values.i, output: values.o, specific });
    const profiling = {
      "wall-clock-time": (performance.now() - began) / 1000,
      "total-bytes-read": answer.bytesRead,
      "total-bytes-written": answer.bytesWritten,
    };
    tell({ app: { status: 0, msg: "", specific: answer.specific, profiling } });
    return globalThis.process.exit(0);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ app: { status: 1, msg: message } });
    console.error(message);
    // A refusal is a result: the program worked.
    return globalThis.process.exit(error instanceof Refusal ? 0 : 1);
  }
}

/** Reads a file and reports its progress on stderr in the engine's form. */
export function readWithProgress(file: string): { chunks: AsyncIterable<Buffer>; read: () => number } {
  const { size } = statSync(file);
  let read = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    let told = 0;
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      yield chunk;
      read += chunk.length;
      const percent = size === 0 ? 100 : Math.floor((100 * read) / size);
      if (percent !== told) process.stderr.write(`progress: ${percent}%\n`);
      told = percent;
    }
  }
  return { chunks: chunks(), read: () => read };
}

function specificOf(parameters: unknown): Record<string, unknown> {
  const app = isObject(parameters) ? parameters.app : undefined;
  const specific = isObject(app) ? app.specific : undefined;
  return isObject(specific) ? specific : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
