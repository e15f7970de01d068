/**
 * The integer ids of Apyfal's protocol, and what they stand for. One small file under jobs_dir, replaced as a
 * whole: an id is on the disk before a client hears of it, so none is ever given twice. A process is its job
 * and ends with it. A configuration outlives its job's account: clients keep its URL for as long as the
 * accelerator runs.
 */
import { readFileSync } from "node:fs";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { storageProblem } from "../guard/errno-problem.js";
import { isObject } from "../jobs/result.js";

/** How a run ended, in the words of the protocol. */
export interface Outcome {
  /** The host's fault, not one that the program tells of itself. */
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
  /** Absent where it was refused before it became one. */
  readonly job?: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Absent while it is under way. */
  end?: Outcome & { readonly at: number };
  /** The accelerator runs with it: it succeeded, and neither a stop nor a later one has succeeded since. */
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

/** Configurations that are remembered; those in use always are. */
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
   * Where the file is there but is not whole, ids go on from the seconds since 1970, above all that were ever
   * counted up to: to begin again would give old ids to new things.
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

  /** Not saved: without its job, it is dropped when the file is read again. */
  removeProcess(id: number): void {
    this.#processes.delete(id);
  }

  prune(exists: (job: string) => boolean): void {
    for (const { id, job } of this.#processes.values()) if (!exists(job)) this.#processes.delete(id);
  }

  /** On the disk when it resolves. Calls that come while one is written share the next. @throws Problem */
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
