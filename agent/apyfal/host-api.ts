/** The operations of Apyfal's protocol on the engine: configure, process, stop. Independent of HTTP. */
import { sleepUnless } from "../../base/async/sleep.js";
import { defined } from "../../base/defined.js";
import { noAccelerator, stopping } from "../jobs/problems.js";
import {
  type Draft,
  type EndedJob,
  type FileRef,
  hasEnded,
  type Job,
  type JobEngine,
  type JsonObject,
} from "../jobs/types.js";
import { DESTINATIONS, type Fence, hostFileOf, SOURCES } from "./host-paths.js";
import { isOldApyfal, VERSION_TEXT, withoutSpecific } from "./parameters.js";
import { failedConfiguration, noDestination, notConfigured, twoInputs, unknownConfiguration } from "./problems.js";
import type { Configuration, Process, Records } from "./records.js";
import { outcomeOf, resultOf } from "./represent.js";

export interface HostApiOptions {
  readonly engine: JobEngine;
  readonly records: Records;
  readonly fence: Fence;
}

/** Polls a job besides following it, in case it ends at the very moment. */
const LOOK_MS = 1_000;

export class HostApi {
  readonly #engine: JobEngine;
  readonly #records: Records;
  readonly #fence: Fence;

  constructor({ engine, records, fence }: HostApiOptions) {
    this.#engine = engine;
    this.#records = records;
    this.#fence = fence;
    records.prune((job) => engine.get(job) !== undefined);
    for (const configuration of records.configurations()) {
      if (configuration.end === undefined) this.#resume(this.settled(configuration));
    }
    for (const job of engine.list({ phase: "stop", state: "queued" })) this.#resume(this.#stopped([job.id]));
  }

  /** Waits for a job of an earlier run. If the agent stops first, or cannot write, its next start does the same. */
  #resume(work: Promise<unknown>): void {
    work.catch(() => undefined);
  }

  /** @param draft holds the sent file, if any; consumed. @throws Problem, and starts nothing. */
  async configure(parameters: JsonObject, draft: Draft | undefined, accelerator?: string): Promise<Configuration> {
    try {
      const name = this.#accelerator(accelerator);
      const created = Date.now();
      if (isOldApyfal(parameters)) {
        await draft?.abort();
        const end = { at: created, inerror: true, errorcode: "apyfal-version", status: 1, msg: VERSION_TEXT };
        return await this.#records.addConfiguration({ accelerator: name, created, end });
      }
      if (hostFileOf(parameters, DESTINATIONS, this.#fence) !== undefined) throw noDestination();
      const input = this.#input(parameters, draft);
      const job = await this.#engine.submit(
        defined({
          accelerator: name,
          phase: "start",
          parameters: withoutSpecific(parameters, [...SOURCES, ...DESTINATIONS]),
          input,
        }),
        draft,
      );
      return await this.#orRemove(job, () =>
        this.#records.addConfiguration({ accelerator: name, created, job: job.id }),
      );
    } catch (error) {
      await draft?.abort();
      throw error;
    }
  }

  /** Resolves when the configuration has succeeded or failed. */
  async settled(configuration: Configuration): Promise<void> {
    if (configuration.end !== undefined) return;
    const job = await this.#ended(configuration.job ?? "");
    this.#settle(configuration, job);
    await this.#records.save();
  }

  /** @param configuration an id, or a URL that ends with one. */
  async process(parameters: JsonObject, draft: Draft | undefined, configuration?: string): Promise<Process> {
    try {
      const { id, accelerator } = this.#configuration(configuration);
      const output = hostFileOf(parameters, DESTINATIONS, this.#fence);
      const input = this.#input(parameters, draft);
      const own = output === undefined ? (draft ?? (await this.#engine.draft())) : draft;
      const job = await this.#submitOrAbort(
        own,
        defined({
          accelerator,
          phase: "process",
          parameters: withoutSpecific(parameters, [...SOURCES, ...DESTINATIONS]),
          input,
          output: output ?? { kind: "private" },
        }),
      );
      this.#records.prune((known) => this.#engine.get(known) !== undefined);
      return await this.#orRemove(job, () => this.#records.addProcess({ job: job.id, configuration: id }));
    } catch (error) {
      await draft?.abort();
      throw error;
    }
  }

  /** @returns whether it existed. */
  async removeProcess(id: number): Promise<boolean> {
    const known = this.#records.process(id);
    if (known === undefined) return false;
    this.#records.removeProcess(id);
    return this.#engine.remove(known.job);
  }

  /** @returns the program's result; without a name, those of all running accelerators. */
  async stop(accelerator?: string): Promise<JsonObject> {
    const used = this.#records.configurations().filter((one) => one.used);
    const running = [...new Set(used.map((one) => one.accelerator))];
    const some = accelerator === undefined && running.length > 0 ? running : [this.#accelerator(accelerator)];
    const submitted = await Promise.all(
      some.map((name) => this.#engine.submit({ accelerator: name, phase: "stop", parameters: {} })),
    );
    const jobs = await this.#stopped(submitted.map(({ id }) => id));
    const worst = jobs.find((job) => job === undefined || outcomeOf(job).status !== 0) ?? jobs[0];
    return worst === undefined ? { app: { status: 1, msg: "the stop was forgotten" } } : resultOf(worst);
  }

  /** Waits for the ends of these "stop" jobs, and notes what no longer runs. */
  async #stopped(ids: readonly string[]): Promise<Array<Job | undefined>> {
    const jobs = await Promise.all(ids.map((id) => this.#ended(id)));
    for (const job of jobs) {
      if (job === undefined || outcomeOf(job).status !== 0) continue;
      for (const one of this.#records.configurations()) {
        if (one.accelerator === job.accelerator && one.created <= job.createdAt) one.used = false;
      }
    }
    await this.#records.save();
    return jobs;
  }

  #accelerator(name: string | undefined): string {
    const chosen = name ?? this.#engine.defaultAccelerator ?? "";
    if (!this.#engine.accelerators().some((one) => one.name === chosen)) throw noAccelerator(chosen);
    return chosen;
  }

  #configuration(given: string | undefined): Configuration {
    if (given === undefined || given.trim() === "") throw notConfigured();
    const id = /^(?:\S*\/configuration\/)?(\d{1,15})\/?$/.exec(given.trim())?.[1];
    const found = id === undefined ? undefined : this.#records.configuration(Number(id));
    if (found === undefined) throw unknownConfiguration(given);
    if (found.end !== undefined && found.end.status !== 0) throw failedConfiguration(found.id);
    return found;
  }

  #input(parameters: JsonObject, draft: Draft | undefined): FileRef | undefined {
    const named = hostFileOf(parameters, SOURCES, this.#fence);
    if (named !== undefined && draft !== undefined) throw twoInputs();
    return named ?? (draft === undefined ? undefined : { kind: "private" });
  }

  async #submitOrAbort(draft: Draft | undefined, request: Parameters<JobEngine["submit"]>[0]): Promise<Job> {
    try {
      return await this.#engine.submit(request, draft);
    } catch (error) {
      await draft?.abort();
      throw error;
    }
  }

  /** Removes a job whose record cannot be written: no client could ask for it. */
  async #orRemove<T>(job: Job, record: () => Promise<T>): Promise<T> {
    try {
      return await record();
    } catch (error) {
      await this.#engine.remove(job.id);
      throw error;
    }
  }

  #settle(configuration: Configuration, job: Job | undefined): void {
    const known = job ?? this.#engine.get(configuration.job ?? "");
    const end =
      known === undefined
        ? { inerror: true, errorcode: "interrupted", status: 1, msg: "its run was forgotten" }
        : outcomeOf(known);
    configuration.end = { ...end, at: known !== undefined && hasEnded(known) ? known.endedAt : Date.now() };
    if (end.status !== 0) return;
    for (const one of this.#records.configurations()) {
      if (one.accelerator === configuration.accelerator && one.id < configuration.id) one.used = false;
    }
    configuration.used = true;
  }

  /** @returns undefined if it was removed meanwhile. @throws Problem 503 if the agent stops while it is queued. */
  async #ended(id: string): Promise<EndedJob | undefined> {
    const engine = this.#engine;
    const look = new AbortController();
    const wake = () => look.abort();
    const leave = engine.follow(id, (job) => {
      if (hasEnded(job)) wake();
    });
    const onStopping = () => {
      if (engine.get(id)?.state === "queued") wake();
    };
    engine.stopping.addEventListener("abort", onStopping);
    try {
      for (;;) {
        const job = engine.get(id);
        if (job === undefined || hasEnded(job)) return job;
        if (engine.stopping.aborted && job.state === "queued") throw stopping();
        await sleepUnless(look.signal, LOOK_MS);
      }
    } finally {
      engine.stopping.removeEventListener("abort", onStopping);
      leave();
    }
  }
}
