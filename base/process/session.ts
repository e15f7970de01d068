/**
 * Keeps a program such as `nft -i` running and exchanges requests and replies through its pipes. Each exchange has a
 * time limit: if the program hangs, it is killed, its callers get an error, and the next call starts it anew.
 *
 * Such programs print no prompt to a pipe. Each request is therefore followed by a marker line with a known output,
 * which marks the end of the reply.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { Fault } from "../fault.js";
import { withParentDeath } from "./spawn.js";

export interface SessionOptions {
  readonly command: readonly string[];
  /** The complete environment of the program. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The line that is sent after each request. */
  readonly marker: string;
  /** Matches the program's output for `marker`, and nothing else that it prints. */
  readonly markerOutput: RegExp;
  /** The time limit of each exchange, from the moment that it reaches the program. */
  readonly timeoutMs: number;
  /** Sent first to each new process. Its reply is dropped. */
  readonly greeting?: string;
  /** A line that ends the program cleanly, such as `quit`. */
  readonly farewell?: string;
}

interface Exchange {
  resolve(reply: string): void;
  reject(error: Error): void;
}

export class Session {
  #child: ChildProcess | undefined;
  #output = "";
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: Exchange[] = [];

  constructor(private readonly options: SessionOptions) {}

  /**
   * Sends one line and waits for the program's output, on stdout or stderr.
   *
   * @throws Fault `session/timeout`, or `session/ended` if the program ends first or cannot be started.
   */
  exchange(line: string): Promise<string> {
    if (line.includes("\n")) return Promise.reject(new Error("an exchange is one line"));
    const child = this.#child ?? this.#start();
    return this.#send(child, line);
  }

  /** Sends the greeting again if the program is running. */
  greet(): void {
    if (this.#child !== undefined) this.#greet(this.#child);
  }

  /** Ends the program and fails all pending exchanges. A program that does not end by itself is killed. */
  close(): void {
    const child = this.#child;
    if (child === undefined) return;
    this.#drop(child, new Fault("session/ended", `${this.#name} was closed`));
    child.stdin?.end(this.options.farewell === undefined ? "" : `${this.options.farewell}\n`);
    const timer = setTimeout(() => child.kill("SIGKILL"), this.options.timeoutMs);
    child.once("exit", () => clearTimeout(timer));
  }

  get #name(): string {
    return this.options.command[0] ?? "";
  }

  #start(): ChildProcess {
    // One pipe for both streams, so that the messages about a line precede the output of the next.
    const [program = "", ...args] = withParentDeath(
      ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh", ...this.options.command],
      { readsStdin: true },
    );
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env: this.options.env });
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      if (this.#child === child) this.#read(text);
    });
    // The exit handler reports the better reason.
    child.stdin?.on("error", () => undefined);
    const ended = (why: string) => this.#drop(child, new Fault("session/ended", `${this.#name} ended: ${why}`));
    child.once("error", (error) => ended(error.message));
    child.once("exit", (status, signal) => ended(signal ?? `status ${status}`));
    this.#greet(child);
    return child;
  }

  #greet(child: ChildProcess): void {
    if (this.options.greeting === undefined) return;
    this.#send(child, this.options.greeting).catch(() => undefined);
  }

  #send(child: ChildProcess, line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#waiting.length === 1) this.#startTimer(child);
      child.stdin?.write(`${line}\n${this.options.marker}\n`);
    });
  }

  #read(text: string): void {
    this.#output += text;
    for (;;) {
      const end = this.options.markerOutput.exec(this.#output);
      if (end === null) return;
      const reply = this.#output.slice(0, end.index);
      this.#output = this.#output.slice(end.index + end[0].length);
      clearTimeout(this.#timer);
      this.#waiting.shift()?.resolve(reply);
      if (this.#waiting.length > 0 && this.#child !== undefined) this.#startTimer(this.#child);
    }
  }

  #startTimer(child: ChildProcess): void {
    const { timeoutMs } = this.options;
    this.#timer = setTimeout(() => {
      this.#drop(child, new Fault("session/timeout", `${this.#name} did not reply within ${timeoutMs} ms`));
      child.kill("SIGKILL");
      child.stdout?.destroy();
      child.stdin?.destroy();
    }, timeoutMs);
  }

  #drop(child: ChildProcess, error: Fault): void {
    if (this.#child !== child) return;
    clearTimeout(this.#timer);
    this.#child = undefined;
    this.#output = "";
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
