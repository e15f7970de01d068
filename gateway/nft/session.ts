/**
 * One `nft -i` process kept open: a change costs 0.2 ms, where starting a process costs more than 1 ms and reading
 * the table first grows with it. nft prints no prompt to a pipe, so each line is followed by a command with a known
 * answer and no effect.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { nftGone, nftRefused, nftTimeout } from "./errors.js";

const SENTINEL = "describe meta iif";
const ANSWER = /^meta expression, datatype iface_index .*\n/m;

interface Exchange {
  resolve(output: string): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

export interface NftSessionOptions {
  readonly command: readonly string[];
  /** The first line sent to each process. It identifies its process to the monitor. */
  readonly identification: string;
  /** Longest wait for the answer to one line. After it, the process is killed. */
  readonly limitMs: number;
}

export class NftSession {
  #child: ChildProcess | undefined;
  #output = "";
  /** Lines without an answer yet, oldest first. */
  #exchanges: Exchange[] = [];

  constructor(private readonly options: NftSessionOptions) {}

  /** Applies one line, whole or not at all. @throws Fault `nft/refused` with nft's own words, or `nft/timeout`. */
  async apply(line: string): Promise<void> {
    if (line.includes("\n")) throw new Error("a transaction is one line");
    const output = await this.#send(line, this.#child ?? this.#start());
    if (output.trim() !== "") throw nftRefused("a change", output);
  }

  /** Sends the identification again, in case the monitor missed it. */
  identify(): void {
    if (this.#child !== undefined) this.#identify(this.#child);
  }

  /** Resolves when the process has ended; a process that hangs is killed. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    child.stdin?.end("quit\n");
    await ended(child, this.options.limitMs);
    this.#rejectAll(nftGone("the session was closed"));
  }

  #send(line: string, child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
      const { limitMs } = this.options;
      const timer = setTimeout(() => this.#abandon(child, nftTimeout(limitMs)), limitMs);
      this.#exchanges.push({ resolve, reject, timer });
      child.stdin?.write(`${line}\n${SENTINEL}\n`);
    });
  }

  #start(): ChildProcess {
    // One pipe for both streams: an error must come before the sentinel's answer.
    const child = spawn("/bin/sh", ["-c", 'exec "$@" 2>&1', "sh", ...this.options.command, "-i"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: process.env.PATH, LC_ALL: "C" },
    });
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      // A process that was given up may still speak.
      if (this.#child === child) this.#read(text);
    });
    child.stdin?.on("error", () => undefined);
    child.once("error", (error) => this.#abandon(child, nftGone(error.message)));
    child.once("exit", (status, signal) => this.#abandon(child, nftGone(signal ?? `status ${status}`)));
    this.#identify(child);
    return child;
  }

  #identify(child: ChildProcess): void {
    this.#send(this.options.identification, child).catch(() => undefined);
  }

  /** The next change starts a new process. */
  #abandon(child: ChildProcess, reason: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    child.kill("SIGKILL");
    this.#rejectAll(reason);
  }

  #rejectAll(reason: Error): void {
    this.#output = "";
    for (const { reject, timer } of this.#exchanges.splice(0)) {
      clearTimeout(timer);
      reject(reason);
    }
  }

  #read(text: string): void {
    this.#output += text;
    for (let end = ANSWER.exec(this.#output); end !== null; end = ANSWER.exec(this.#output)) {
      const answer = this.#output.slice(0, end.index);
      this.#output = this.#output.slice(end.index + end[0].length);
      const exchange = this.#exchanges.shift();
      clearTimeout(exchange?.timer);
      exchange?.resolve(answer);
    }
  }
}

/** Waits for the end of `child`; sends SIGKILL after `limitMs`, and then waits no longer. */
export async function ended(child: ChildProcess, limitMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      resolve();
    }, limitMs);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
