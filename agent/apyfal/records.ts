/**
 * The integer ids of Apyfal's protocol and their jobs, in one small file under jobs_dir that is replaced as a whole. An
 * id is on the disk before a client gets it, so none is ever assigned twice. A process is its job and ends with it. A
 * configuration outlives its job: clients keep its URL for as long as the accelerator runs.
 */
import { readFileSync } from "node:fs";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { storageProblem } from "../guard/errno-problem.js";
import { isObject } from "../jobs/result.js";

/** The end of a run, in the words of the protocol. */
export interface Outcome {
  /** A failure of the host, not one that the program reports itself. */
  readonly inerror: boolean;
  /** A word, or empty. */
  readonly errorcode: string;
  /** Of `app` in the result; 0 is success. */
  readonly status: number;
  readonly msg: string;
}

export interface Configuration {
  readonly id: number;
  readonly accelerator: string;
  /** Absent if it was refused before it became a job. */
  readonly job?: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Absent until it has ended. */
  end?: Outcome & { readonly at: number };
  /** Whether the accelerator runs with it: it succeeded, and since then neither a stop nor another configuration did. */
  used: boolean;
}

export interface Process {
  readonly id: number;
  readonly job: string;
  readonly configuration: number;
}

interface State {
  lastConfiguration: number;
  lastProcess: number;
  configurations: Configuration[];
  processes: Process[];
}

/** Configurations to remember, besides those in use. */
const REMEMBERED = 100;

export class Records {
  readonly #file: string;
  readonly #state: State;
  readonly #configurations: Map<number, Configuration>;
  readonly #processes: Map<number, Process>;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(file: string, state: State) {
    this.#file = file;
    this.#state = state;
    this.#configurations = new Map(state.configurations.map((one) => [one.id, one]));
    this.#processes = new Map(state.processes.map((one) => [one.id, one]));
  }

  /**
   * If the file is damaged, ids continue from the seconds since 1970, which is above every counted id. Starting over
   * would assign old ids again.
   */
  static open(file: string): Records {
    const state = readState(file);
    const last = state === "broken" ? Math.floor(Date.now() / 1000) : 0;
    const empty = { lastConfiguration: last, lastProcess: last, configurations: [], processes: [] };
    return new Records(file, typeof state === "object" ? state : empty);
  }

  configuration(id: number): Configuration | undefined {
    return this.#configurations.get(id);
  }

  process(id: number): Process | undefined {
    return this.#processes.get(id);
  }

  /** Newest first. */
  configurations(): Configuration[] {
    return [...this.#configurations.values()].reverse();
  }

  /** Newest first. */
  processes(): Process[] {
    return [...this.#processes.values()].reverse();
  }

  async addConfiguration(what: Omit<Configuration, "id" | "used">): Promise<Configuration> {
    this.#state.lastConfiguration += 1;
    const configuration = { ...what, id: this.#state.lastConfiguration, used: false };
    this.#configurations.set(configuration.id, configuration);
    const old = this.configurations().filter(({ used, end }, index) => index >= REMEMBERED && !used && end);
    for (const { id } of old) this.#configurations.delete(id);
    await this.save();
    return configuration;
  }

  async addProcess(what: Omit<Process, "id">): Promise<Process> {
    this.#state.lastProcess += 1;
    const process = { ...what, id: this.#state.lastProcess };
    this.#processes.set(process.id, process);
    await this.save();
    return process;
  }

  /** Not saved, because a process without its job is dropped when the file is read again. */
  removeProcess(id: number): void {
    this.#processes.delete(id);
  }

  prune(exists: (job: string) => boolean): void {
    for (const { id, job } of this.#processes.values()) if (!exists(job)) this.#processes.delete(id);
  }

  /** On the disk when it resolves. Calls during a write share the next one. @throws Problem */
  save(): Promise<void> {
    if (this.#next === undefined) {
      this.#next = this.#writing.then(async () => {
        this.#next = undefined;
        const state: State = {
          ...this.#state,
          configurations: [...this.#configurations.values()],
          processes: [...this.#processes.values()],
        };
        await replaceFile(this.#file, JSON.stringify(state), 0o600).catch((error: unknown) => {
          throw storageProblem(error);
        });
      });
      this.#writing = this.#next.catch(() => undefined);
    }
    return this.#next;
  }
}

function readState(file: string): State | "none" | "broken" {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isState(value) ? value : "broken";
  } catch (error) {
    return errno(error) === "ENOENT" ? "none" : "broken";
  }
}

function isState(value: unknown): value is State {
  return (
    isObject(value) &&
    Number.isInteger(value.lastConfiguration) &&
    Number.isInteger(value.lastProcess) &&
    Array.isArray(value.configurations) &&
    Array.isArray(value.processes)
  );
}
