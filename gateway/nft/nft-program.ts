/** Short-lived nft processes, each with a time limit: they read the table, or replace it as a whole. */
import { within } from "../../base/async/within.js";
import { defined } from "../../base/defined.js";
import { type RunResult, run } from "../../base/process/run.js";
import { nftRefused, nftTimeout, nftUnreadable } from "./errors.js";
import { TABLE } from "./ruleset.js";

/** Loading 50,000 forwards takes longer than any other call. */
const LOAD_FACTOR = 3;

export class NftProgram {
  /** @param limitMs for one call. */
  constructor(
    private readonly command: readonly string[],
    private readonly limitMs: number,
  ) {}

  /** @returns nft's JSON; undefined without a table. */
  async list(): Promise<unknown> {
    const { exitCode, stdout, stderr } = await this.#run(["-j", "list", "table", ...TABLE.split(" ")]);
    if (exitCode === 0) return JSON.parse(stdout);
    if (/No such file or directory/.test(stderr)) return undefined;
    throw nftUnreadable(stderr);
  }

  /** @returns the table as text. @throws Fault `nft/unreadable` also without a table. */
  async print(): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(["list", "table", ...TABLE.split(" ")]);
    if (exitCode !== 0) throw nftUnreadable(stderr);
    return stdout;
  }

  /** Applies `text` as one transaction. */
  async load(text: string): Promise<void> {
    const { exitCode, stderr } = await this.#run(["-f", "-"], text, this.limitMs * LOAD_FACTOR);
    if (exitCode !== 0) throw nftRefused("the table", stderr);
  }

  async #run(args: readonly string[], input?: string, limitMs = this.limitMs): Promise<RunResult> {
    const [program = "", ...first] = this.command;
    const ran = run(program, [...first, ...args], defined({ timeoutMs: limitMs, endsWithUs: true, input }));
    // A process that waits for a lock in the kernel survives even SIGKILL, and run() waits for its end.
    return within(limitMs, ran, () => nftTimeout(limitMs));
  }
}
