/** The two output streams: lines on both, and on stderr one progress line below them. */

import { escapeBreaks, escapeControls, escapeExceptColour } from "../../base/text/escape.js";
import type { Progress } from "../context.js";
import { type Paint, paintFor } from "./paint.js";
import { cut, transferLine } from "./progress-line.js";

export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface TerminalOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly colour: boolean;
  /** Whether to draw a progress line on a terminal that can redraw. */
  readonly progress: boolean;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

const REDRAW_MS = 100;
const CLEAR_LINE = "\r\u001b[2K";

export class Terminal {
  readonly paint: Paint;
  readonly paintErrors: Paint;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #draws: boolean;
  readonly #now: () => number;
  #line: ProgressLine | undefined;

  constructor({ stdout, stderr, env, colour, progress, now = () => performance.now() }: TerminalOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.paint = paintFor(stdout, env, colour);
    this.paintErrors = paintFor(stderr, env, colour);
    this.#draws = progress && stderr.isTTY === true && env.TERM !== "dumb";
    this.#now = now;
  }

  out(text: string): void {
    this.#above(() => this.#stdout.write(`${clean(text, this.paint)}\n`));
  }

  note(text: string): void {
    this.#above(() => this.#stderr.write(`${clean(text, this.paintErrors)}\n`));
  }

  progress(label: string, total?: number): Progress {
    if (!this.#draws) return silent;
    const line = new ProgressLine(escapeControls(escapeBreaks(label)), total, this.#now, {
      draw: (text) => {
        this.#line = line;
        this.#stderr.write(CLEAR_LINE + text);
      },
      end: (text) => {
        if (this.#line === line) {
          this.#stderr.write(CLEAR_LINE);
          this.#line = undefined;
        }
        if (text !== undefined) this.note(text);
      },
      columns: () => this.#stderr.columns ?? 80,
    });
    line.draw();
    return line;
  }

  /** Erases the progress line, for an error or for another program that writes to the terminal. */
  clear(): void {
    if (this.#line !== undefined) this.#stderr.write(CLEAR_LINE);
    this.#line = undefined;
  }

  #above(write: () => void): void {
    const line = this.#line;
    this.clear();
    write();
    line?.draw();
  }
}

interface Screen {
  draw(text: string): void;
  end(text: string | undefined): void;
  columns(): number;
}

class ProgressLine implements Progress {
  readonly #started: number;
  #drawn = Number.NEGATIVE_INFINITY;
  #state: number | string = 0;
  #ended = false;

  constructor(
    private readonly label: string,
    private readonly total: number | undefined,
    private readonly now: () => number,
    private readonly screen: Screen,
  ) {
    this.#started = now();
    if (total === undefined) this.#state = "";
  }

  update(done: number | string): void {
    this.#state = done;
    // Draw every new text, but throttle byte counts: they come by the thousand.
    if (typeof done === "string" || this.now() - this.#drawn >= REDRAW_MS) this.draw();
  }

  done(outcome?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.screen.end(outcome === undefined ? undefined : `${this.label}  ${outcome}`);
  }

  draw(): void {
    if (this.#ended) return;
    this.#drawn = this.now();
    this.screen.draw(this.#text());
  }

  #text(): string {
    const { label, total } = this;
    const columns = this.screen.columns();
    if (typeof this.#state === "string")
      return cut(`${label}  ${escapeControls(escapeBreaks(this.#state))}`.trimEnd(), columns);
    return transferLine({ label, total, columns, done: this.#state, elapsedMs: this.now() - this.#started });
  }
}

const silent: Progress = { update: () => {}, done: () => {} };

function clean(text: string, paint: Paint): string {
  return paint.isColorSupported ? escapeExceptColour(text) : escapeControls(text);
}
