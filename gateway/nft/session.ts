/**
 * One `nft -i` process kept open: a change costs 0.2 ms, where starting a process costs more than 1 ms and reading
 * the table first grows with it.
 */
import { Session } from "../../base/process/session.js";
import { nftRefused } from "./errors.js";

export interface NftSessionOptions {
  readonly command: readonly string[];
  /** The first line sent to each process. It identifies its process to the monitor. */
  readonly identification: string;
  /** Longest wait for the answer to one line. After it, the process is killed. */
  readonly limitMs: number;
}

export class NftSession {
  readonly #session: Session;

  constructor({ command, identification, limitMs }: NftSessionOptions) {
    this.#session = new Session({
      command: [...command, "-i"],
      env: { PATH: process.env.PATH, LC_ALL: "C" },
      // A command with a known answer and no effect.
      marker: "describe meta iif",
      markerOutput: /^meta expression, datatype iface_index .*\n/m,
      timeoutMs: limitMs,
      greeting: identification,
      farewell: "quit",
    });
  }

  /** Applies one line, whole or not at all. @throws Fault `nft/refused` with nft's own words, or `session/timeout`. */
  async apply(line: string): Promise<void> {
    const output = await this.#session.exchange(line);
    if (output.trim() !== "") throw nftRefused("a change", output);
  }

  /** Sends the identification again, in case the monitor missed it. */
  identify(): void {
    this.#session.greet();
  }

  close(): void {
    this.#session.close();
  }
}
