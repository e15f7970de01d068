/**
 * One `nft` process kept open: a change costs 0.2 ms where starting a process costs more than 1 ms and
 * reading the table first grows with it. nft prints no prompt to a pipe, so each line is followed by a
 * command whose answer is known and that touches nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { Fault } from "../../base/fault.js";

const SENTINEL = "describe meta iif";
const ANSWER = /^meta expression, datatype iface_index .*\n/m;

interface Waiting {
  resolve(said: string): void;
  reject(error: Error): void;
}

export class NftSession {
  #child: ChildProcess | undefined;
  #said = "";
  readonly #waiting: Waiting[] = [];

  /** @param hello what each process that is started is told first. */
  constructor(
    private readonly command: readonly string[],
    private readonly hello: string,
  ) {}

  /** Applies one line, whole or not at all. @throws Fault `nft/refused` with nft's own words. */
  async apply(line: string): Promise<void> {
    if (line.includes("\n")) throw new Error("a transaction is one line");
    const said = await this.#ask(line);
    if (said.trim() !== "") throw new Fault("nft/refused", `nft refused a change: ${firstLine(said)}`);
  }

  close(): void {
    this.#child?.stdin?.end("quit\n");
    this.#child = undefined;
  }

  #ask(line: string): Promise<string> {
    const child = this.#child ?? this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      child.stdin?.write(`${line}\n${SENTINEL}\n`);
    });
  }

  #start(): ChildProcess {
    // One pipe for both streams: what nft says about a line comes before what follows the line.
    const child = spawn("/bin/sh", ["-c", 'exec "$@" 2>&1', "sh", ...this.command, "-i"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: process.env.PATH, LC_ALL: "C" },
    });
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stdin?.on("error", () => undefined);
    const gone = (why: string) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#said = "";
      for (const { reject } of this.#waiting.splice(0)) reject(new Fault("nft/gone", `nft ended: ${why}`));
    };
    child.once("error", (error) => gone(error.message));
    child.once("exit", (status, signal) => gone(signal ?? `status ${status}`));
    this.#greet(child);
    return child;
  }

  /** Says hello again, where it may not have been heard. */
  greet(): void {
    if (this.#child !== undefined) this.#greet(this.#child);
  }

  #greet(child: ChildProcess): void {
    const ignore = () => undefined;
    this.#waiting.push({ resolve: ignore, reject: ignore });
    child.stdin?.write(`${this.hello}\n${SENTINEL}\n`);
  }

  #read(text: string): void {
    this.#said += text;
    for (;;) {
      const end = ANSWER.exec(this.#said);
      if (end === null) return;
      const said = this.#said.slice(0, end.index);
      this.#said = this.#said.slice(end.index + end[0].length);
      this.#waiting.shift()?.resolve(said);
    }
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
