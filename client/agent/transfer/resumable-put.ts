/**
 * An upload that goes on where its connection broke: the host keeps what arrived under the id of the upload, and says how
 * much that is. See docs/reference/agent.md.
 */
import type { Readable } from "node:stream";
import { sleep } from "../../../base/async/sleep.js";
import { defined } from "../../../base/defined.js";
import type { Fault } from "../../../base/fault.js";
import type { HttpResponse } from "../../../http/client/http-client.js";
import * as errors from "../../errors.js";
import { type Transport, transferFault } from "../../tls/transport.js";
import { faultIn } from "../problem.js";
import { filesPath } from "../remote-path.js";
import { formatDigest } from "./digest.js";
import { RETRYABLE, type RetryOptions, retryWait } from "./receive.js";
import { counting, STORE_TIMEOUT } from "./send-content.js";

export interface ResumeOptions extends RetryOptions {
  /** Called with the bytes that have been handed to the connection. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** Number of bytes of the whole, if known. */
  readonly size?: number;
  /** Replace only the file with this entity tag; `null`: only create a new file. */
  readonly ifMatch?: string | null;
}

/** Some of the bytes of an upload. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Of the whole file, if the last byte of it is in this span. */
  readonly digest?: Buffer;
  /** A new stream of the bytes from this one of the file to the end of the span, at each call. */
  readonly body: (from: number) => Readable;
}

type Outcome = { readonly stored: HttpResponse } | { readonly offset: number };

export class ResumablePut {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #id: string;
  readonly #options: ResumeOptions;
  /** Since the host had more of the file than ever before. */
  #failures = 0;
  /** The most bytes that the host was known to have. */
  #reached = 0;
  /** Whether the host was reached. If not, it fails at once. */
  #met = false;

  /** @param id 16 to 128 letters and digits. Another upload of this id to the path is continued. */
  constructor(transport: Transport, path: string, id: string, options: ResumeOptions) {
    this.#transport = transport;
    this.#path = path;
    this.#id = id;
    this.#options = options;
  }

  /** @returns the answer to the last byte of the file; undefined if more of them follow. */
  async send(span: Span): Promise<HttpResponse | undefined> {
    const { start, end, digest } = span;
    const { retries = 8 } = this.#options;
    const isDone = (offset: number) => offset === end && digest === undefined;
    // Undefined: the host is to say it.
    let offset = start === end && end > 0 ? undefined : start;
    let broken: Fault | undefined;
    for (;;) {
      try {
        const asked = offset === undefined;
        const answer = offset === undefined ? await this.#ask(span) : await this.#sendFrom(offset, span);
        if ("stored" in answer) return answer.stored;
        offset = answer.offset;
        if (isDone(offset)) return undefined;
        if (offset < start || offset > end) throw errors.uploadForgotten(this.#path);
        if (offset > this.#reached) {
          this.#reached = offset;
          this.#failures = 0;
        }
        // The host has more of this upload than we know, from an earlier call.
        if (!asked) this.#failures += 1;
        if (offset === end || this.#failures > retries) {
          throw errors.notTheAgent(this.#transport.at, "it has the whole file and does not store it");
        }
      } catch (error) {
        const fault = transferFault(error, this.#transport.at, this.#signal);
        // An agent that cannot continue uploads refuses the question.
        if (broken !== undefined && fault.code === "client/rejected") throw broken;
        if (!RETRYABLE.has(fault.code) || !this.#met || this.#failures >= retries) throw fault;
        broken = fault;
        this.#failures += 1;
        offset = undefined;
        await this.#pause();
      }
    }
  }

  /** Tells the host that more of the file will follow. */
  async touch(): Promise<void> {
    await this.#request({ "Content-Range": "bytes */*", "Content-Length": 0 });
  }

  get #signal(): AbortSignal | undefined {
    return this.#options.signal ?? this.#transport.signal;
  }

  async #sendFrom(offset: number, { end, digest, body }: Span): Promise<Outcome> {
    const field = digest === undefined ? undefined : formatDigest(digest);
    const isWhole = offset === 0 && digest !== undefined;
    const source = body(offset);
    const told = (bytes: number) => {
      this.#met = true;
      this.#options.onProgress?.(offset + bytes, this.#options.size ?? (digest === undefined ? undefined : end));
    };
    try {
      const headers = defined({
        "Content-Length": end - offset,
        "Content-Range": isWhole ? undefined : `bytes ${offset}-${end - 1}/${digest === undefined ? "*" : end}`,
        "Content-Digest": isWhole ? field : undefined,
        "Repr-Digest": field,
      });
      return await this.#request(headers, end === offset ? undefined : counting(source, told));
    } finally {
      source.destroy();
    }
  }

  /** With all bytes there, this is what stores the file. */
  #ask({ end, digest }: Span): Promise<Outcome> {
    return this.#request(
      defined({
        "Content-Range": `bytes */${digest === undefined ? "*" : end}`,
        "Content-Length": 0,
        "Repr-Digest": digest === undefined ? undefined : formatDigest(digest),
      }),
    );
  }

  async #request(
    headers: Readonly<Record<string, string | number>>,
    body?: AsyncIterable<Uint8Array>,
  ): Promise<Outcome> {
    const { ifMatch } = this.#options;
    const response = await this.#transport.send(
      defined({
        method: "PUT" as const,
        path: filesPath(this.#path),
        headers: {
          "Content-Type": "application/octet-stream",
          "Upload-Id": this.#id,
          ...(ifMatch === undefined ? {} : ifMatch === null ? { "If-None-Match": "*" } : { "If-Match": ifMatch }),
          ...headers,
        },
        body,
        signal: this.#signal,
        answerTimeout: STORE_TIMEOUT,
        alsoAccepts: [409],
      }),
    );
    this.#met = true;
    const offset = response.headers["upload-offset"];
    if (offset === undefined) {
      if (response.status === 409) throw await faultIn(response, filesPath(this.#path));
      return { stored: response };
    }
    response.body.destroy();
    if (!/^\d{1,15}$/.test(offset)) throw errors.notTheAgent(this.#transport.at, "its Upload-Offset is no number");
    return { offset: Number(offset) };
  }

  async #pause(): Promise<void> {
    const { retryDelay = retryWait } = this.#options;
    await sleep(retryDelay(this.#failures), this.#signal).catch((error) => {
      throw errors.aborted(error);
    });
  }
}
