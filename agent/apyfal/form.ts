/**
 * Reads a `multipart/form-data` request as a stream. Fields are small and kept in memory; `datafile` goes straight to a
 * draft of the engine. Parts may come in any order. Memory is bounded: parts, their headers, fields and the whole form
 * have limits, and the rest of a refused form is not parsed.
 */
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import { isEncoded } from "../../http/headers/content-encoding.js";
import { encoded } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import { storageProblem } from "../guard/errno-problem.js";
import { writeAll } from "../guard/write-all.js";
import type { Draft, JobEngine } from "../jobs/types.js";
import { tooLarge } from "../problems.js";
import { fieldTooLarge, malformedForm, notAForm, repeatedField, tooManyParts, unknownField } from "./problems.js";

const FILE = "datafile";
const PARTS = 16;
/** Bytes of one field, in particular of `parameters`. */
const FIELD_BYTES = 1024 * 1024;
const PART_HEADER_BYTES = 8 * 1024;
const PART_HEADERS = 16;
/** Bytes of a whole form without its file: fields, headers and boundaries. */
const OVERHEAD_BYTES = 4 * FIELD_BYTES;
/** Bytes of a file that may wait for the disk, and bytes of one write. */
const BUFFER = 512 * 1024;

export interface Form {
  readonly fields: ReadonlyMap<string, string>;
  /** Holds the file, if one was sent. The receiver submits or aborts it. */
  readonly draft: Draft | undefined;
}

export interface FormOptions {
  readonly engine: Pick<JobEngine, "draft">;
  /** Names of the fields besides the file. */
  readonly fields: readonly string[];
  readonly maxUploadBytes: number;
}

/** @throws Problem, or the error of the connection; nothing of the form is left then. */
export async function readForm(exchange: Exchange, options: FormOptions): Promise<Form> {
  const { headers } = exchange.req;
  if (isEncoded(headers)) throw encoded();
  const limit = options.maxUploadBytes + OVERHEAD_BYTES;
  if (Number(headers["content-length"] ?? 0) > limit) throw tooLarge(options.maxUploadBytes);
  const form = new FormReader(headers["content-type"], options);
  try {
    exchange.acceptBody();
    // Leaving the loop early must not cut the connection: the client still has to read the reason.
    for await (const chunk of exchange.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      exchange.received += chunk.length;
      if (exchange.received > limit) throw tooLarge(options.maxUploadBytes);
      await form.write(chunk);
    }
    return await form.end();
  } catch (error) {
    await form.abort();
    throw error;
  }
}

class FormReader {
  readonly #options: FormOptions;
  readonly #parser: InstanceType<typeof Busboy>;
  readonly #fields = new Map<string, string>();
  #file: Readable | undefined;
  #stored: Promise<Draft | undefined> = Promise.resolve(undefined);
  #failure: unknown;
  #finished = false;
  /** Ends the present wait. */
  #wake: () => void = () => undefined;

  constructor(contentType: string | undefined, options: FormOptions) {
    this.#options = options;
    this.#parser = parserOf(contentType, options.maxUploadBytes);
    this.#parser.on("field", (name: string | undefined, value: string, _name: boolean, truncated: boolean) =>
      this.#keep(name ?? "", value, truncated),
    );
    this.#parser.on("file", (_name: string | undefined, file: Readable) => {
      // The parser may emit an error on a stream without readers; unhandled, it would end the process.
      file.on("error", () => undefined);
      if (this.#file !== undefined) {
        file.resume();
        return this.#fail(repeatedField(FILE));
      }
      this.#file = file;
      file.once("limit", () => this.#fail(tooLarge(options.maxUploadBytes)));
      this.#stored = this.#store(file);
      this.#stored.catch((error: unknown) => {
        file.resume();
        this.#fail(error);
      });
    });
    this.#parser.on("partsLimit", () => this.#fail(tooManyParts(PARTS)));
    this.#parser.on("error", (error: unknown) => this.#fail(malformedForm(reasonOf(error))));
    this.#parser.on("finish", () => {
      this.#finished = true;
      this.#wake();
    });
  }

  /** Resolves when there is room for more. */
  async write(chunk: Buffer): Promise<void> {
    await this.#until((done) => this.#parser.write(chunk, () => done()));
  }

  async end(): Promise<Form> {
    await this.#until((done) => {
      this.#parser.end();
      if (this.#finished) done();
    });
    const draft = await this.#stored;
    return { fields: this.#fields, draft };
  }

  async abort(): Promise<void> {
    this.#failure ??= new Error("the form was given up");
    this.#file?.destroy(new Error("the form was given up"));
    const draft = await this.#stored.catch(() => undefined);
    await draft?.abort();
  }

  async #until(begin: (done: () => void) => void): Promise<void> {
    if (this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        begin(resolve);
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }

  #keep(name: string, value: string, truncated: boolean): void {
    const { fields } = this.#options;
    if (!fields.includes(name)) this.#fail(unknownField([...fields, FILE]));
    else if (this.#fields.has(name)) this.#fail(repeatedField(name));
    else if (truncated) this.#fail(fieldTooLarge(name, FIELD_BYTES));
    else this.#fields.set(name, value);
  }

  /** On the disk when it resolves: an accepted job must not lose its input. */
  async #store(file: Readable): Promise<Draft> {
    const draft = await this.#options.engine.draft();
    try {
      const handle = await open(draft.inputFile, "wx", 0o600);
      try {
        let position = 0;
        let gathered: Buffer[] = [];
        let bytes = 0;
        for await (const chunk of file as AsyncIterable<Buffer>) {
          gathered.push(chunk);
          bytes += chunk.length;
          if (bytes < BUFFER) continue;
          await writeAll(handle.fd, gathered, position);
          position += bytes;
          gathered = [];
          bytes = 0;
        }
        await writeAll(handle.fd, gathered, position);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      return draft;
    } catch (error) {
      await draft.abort();
      throw storageProblem(error);
    }
  }
}

function parserOf(contentType: string | undefined, maxUploadBytes: number): InstanceType<typeof Busboy> {
  if (!/^multipart\/form-data *;.*boundary="?[^" ]/i.test(contentType ?? "")) throw notAForm();
  try {
    return new Busboy({
      headers: { "content-type": contentType } as BusboyHeaders,
      fileHwm: BUFFER,
      isPartAFile: (name) => name === FILE,
      limits: {
        parts: PARTS,
        fieldNameSize: 100,
        fieldSize: FIELD_BYTES,
        fileSize: maxUploadBytes,
        headerPairs: PART_HEADERS,
        headerSize: PART_HEADER_BYTES,
      },
    });
  } catch {
    throw notAForm();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.toLowerCase() : "it does not parse";
}
