/**
 * The log sender: one loop reads lines, finds their forwards and spools them; another delivers from the spool. Only
 * the spool is between them, so memory use does not depend on the receiver.
 */
import { type Backoff, backoffMs } from "../../base/async/backoff.js";
import { sleepUnless } from "../../base/async/sleep.js";
import { defined } from "../../base/defined.js";
import type { Forward } from "../forwards/forward.js";
import { type Encryption, encodeBatch } from "./encode.js";
import { loadEnded, saveEnded } from "./ended-file.js";
import type { ForwardHistory } from "./forward-history.js";
import type { LogReceiver } from "./receivers/receiver.js";
import { type Packet, recordJson } from "./record.js";
import { type Chunk, type FollowEvent, Follower, type FollowOptions } from "./source/follow.js";
import type { Position } from "./source/position.js";
import { type MarkedBatch, Spool, type SpoolEvent } from "./spool.js";

export interface SenderOptions {
  /** The log to follow. */
  readonly file: string;
  readonly parse: (line: string) => Packet | undefined;
  readonly receiver: LogReceiver;
  readonly spoolDir: string;
  readonly spoolBytes: number;
  /** Records per batch. @default 1000 */
  readonly batch?: number;
  /** @default none */
  readonly encryption?: Encryption;
  readonly history: ForwardHistory;
  /** The current forwards, listed before a chunk of lines is joined with them. */
  readonly forwards: () => Promise<readonly Forward[]>;
  readonly onEvent?: (event: SenderEvent) => void;
  /** Pause before reading again when a log has nothing new. @default 200 */
  readonly pollMs?: number;
  /** Wait after a failed delivery: doubling, with jitter. @default from 500 to 30000 ms */
  readonly backoff?: Pick<Backoff, "baseMs" | "capMs">;
  readonly now?: () => number;
  readonly random?: () => number;
}

export type SenderEvent =
  | SpoolEvent
  | { readonly event: FollowEvent }
  | { readonly event: "delivery-failed"; readonly target: string; readonly reason: string; readonly retryMs: number }
  | { readonly event: "delivering-again"; readonly target: string }
  | { readonly event: "reading-failed"; readonly reason: string };

/** Counters since this process began; `recordsDropped` since the spool was made. */
export interface SenderMetrics {
  readonly recordsRead: number;
  /** Lines about something else than a packet, and unreadable ones. */
  readonly linesIgnored: number;
  readonly recordsDelivered: number;
  readonly recordsDropped: number;
  readonly deliveriesFailed: number;
  readonly spoolBytes: number;
  readonly batchesWaiting: number;
}

/** Limit of a batch, unless a single record is larger. */
const MAX_BATCH_BYTES = 512 * 1024;
/** Log lines younger than this may be about forwards that are not listed yet. */
const FRESH_MS = 5_000;

export class LogSender {
  readonly #stop = new AbortController();
  readonly #counts = { recordsRead: 0, linesIgnored: 0, recordsDelivered: 0, deliveriesFailed: 0 };
  readonly #loops: Promise<unknown>;
  #wake: () => void = () => undefined;
  #listedAt = 0;

  private constructor(
    private readonly options: SenderOptions,
    private readonly spool: Spool<Position>,
    private readonly follower: Follower,
  ) {
    this.#loops = Promise.all([this.#readLoop(), this.#deliverLoop()]);
  }

  /** Continues where the last process stopped. @throws the error of the file system, for the spool. */
  static async open(options: SenderOptions): Promise<LogSender> {
    const { onEvent } = options;
    const spool = await Spool.open<Position>(
      defined({
        dir: options.spoolDir,
        maxBytes: options.spoolBytes,
        onEvent,
      }),
    );
    options.history.restore(await loadEnded(options.spoolDir));
    const position = spool.mark;
    const follower = new Follower(
      defined<FollowOptions>({
        file: options.file,
        onEvent: (event) => onEvent?.({ event }),
        position,
      }),
    );
    return new LogSender(options, spool, follower);
  }

  metrics(): SenderMetrics {
    const { bytes, waiting, dropped } = this.spool;
    return { ...this.#counts, recordsDropped: dropped, spoolBytes: bytes, batchesWaiting: waiting };
  }

  /** Undelivered batches stay in the spool. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#loops;
    await this.follower.close();
    await this.spool.close();
    await this.options.receiver.close();
  }

  async #readLoop(): Promise<void> {
    const { pollMs = 200, onEvent } = this.options;
    let hasFailed = false;
    while (!this.#isStopped) {
      try {
        const chunk = await this.follower.read();
        if (chunk !== undefined) await this.#take(chunk);
        else await this.#pause(pollMs);
        hasFailed = false;
      } catch (error) {
        if (!hasFailed) onEvent?.({ event: "reading-failed", reason: reasonOf(error) });
        hasFailed = true;
        await this.#pause(1_000);
      }
    }
  }

  /** Retries until the spool has the chunk: the follower has moved on and will not read it again. */
  async #take(chunk: Chunk): Promise<void> {
    const records = this.#parse(chunk);
    const { now = Date.now, history, forwards, spoolDir, onEvent } = this.options;
    let hasFailed = false;
    while (!this.#isStopped) {
      try {
        const newest = records.at(-1)?.packet.time;
        if (newest !== undefined && newest > this.#listedAt - FRESH_MS) {
          const asked = now();
          if (history.update(await forwards(), asked)) await saveEnded(spoolDir, history.ended());
          this.#listedAt = asked;
        }
        await this.spool.append(this.#batches(records, chunk.position), chunk.position);
        this.#counts.recordsRead += records.length;
        this.#wake();
        return;
      } catch (error) {
        if (!hasFailed) onEvent?.({ event: "reading-failed", reason: reasonOf(error) });
        hasFailed = true;
        await this.#pause(1_000);
      }
    }
  }

  #parse({ text, offset, key }: Chunk): ParsedLine[] {
    const { parse } = this.options;
    const records: ParsedLine[] = [];
    let start = 0;
    while (start < text.length) {
      const end = text.indexOf("\n", start);
      const packet = parse(text.slice(start, end));
      if (packet === undefined) this.#counts.linesIgnored += 1;
      else records.push({ id: `${key}-${offset + start}`, packet, end: offset + end + 1 });
      start = end + 1;
    }
    return records;
  }

  #batches(records: readonly ParsedLine[], position: Position): MarkedBatch<Position>[] {
    const { history, batch: maxRecords = 1000, encryption = { kind: "none" } } = this.options;
    const batches: MarkedBatch<Position>[] = [];
    let json: string[] = [];
    let first = 0;
    let bytes = 0;
    records.forEach(({ id, packet, end }, index) => {
      const line = recordJson(id, packet, history.find(packet));
      json.push(line);
      bytes += line.length + 1;
      if (json.length < maxRecords && bytes < MAX_BATCH_BYTES && index < records.length - 1) return;
      batches.push({
        id: `${records[first]?.id}+${json.length}`,
        records: json.length,
        payload: encodeBatch(json, encryption),
        mark: { ...position, offset: end, skipping: false },
      });
      json = [];
      bytes = 0;
      first = index + 1;
    });
    return batches;
  }

  async #deliverLoop(): Promise<void> {
    const { receiver, onEvent, backoff = { baseMs: 500, capMs: 30_000 }, random = Math.random } = this.options;
    let failures = 0;
    while (!this.#isStopped) {
      try {
        const batches = await this.spool.peek(receiver.window);
        const last = batches.at(-1);
        if (last === undefined) {
          await this.#untilSpooled();
          continue;
        }
        await receiver.deliver(batches, this.#stop.signal);
        await this.spool.acknowledge(last.sequence);
        this.#counts.recordsDelivered += batches.reduce((sum, { records }) => sum + records, 0);
        if (failures > 0) onEvent?.({ event: "delivering-again", target: receiver.name });
        failures = 0;
      } catch (error) {
        if (this.#isStopped) return;
        this.#counts.deliveriesFailed += 1;
        failures += 1;
        // With jitter, so that gateways that lost the same receiver do not return in step.
        const retryMs = Math.round(backoffMs(failures, { ...backoff, jitter: "half", random }));
        onEvent?.({ event: "delivery-failed", target: receiver.name, reason: reasonOf(error), retryMs });
        await this.#pause(retryMs);
      }
    }
  }

  /** Waits for a new batch. The time limit covers one that arrived before the wait began. */
  async #untilSpooled(): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (!this.#isStopped) await sleepUnless(woken.signal, 1_000);
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #pause(ms: number): Promise<void> {
    return sleepUnless(this.#stop.signal, ms);
  }
}

interface ParsedLine {
  readonly id: string;
  readonly packet: Packet;
  /** Offset of the next line. */
  readonly end: number;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
