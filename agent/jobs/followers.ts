/** The listeners of a job. They get each state at once, progress and output at most four times a second. */
import type { Job } from "./types.js";

const PROGRESS_MS = 250;

interface Channel {
  readonly listeners: Set<(job: Job) => void>;
  /** The job to report when the timer fires. */
  latest?: Job;
  timer?: NodeJS.Timeout;
}

export class Followers {
  readonly #channels = new Map<string, Channel>();

  /** @param failed is called if a listener throws; the other listeners and the job continue. */
  constructor(readonly failed: (error: unknown) => void) {}

  /** @returns the function that stops it. */
  add(id: string, on: (job: Job) => void): () => void {
    const channel: Channel = this.#channels.get(id) ?? { listeners: new Set() };
    this.#channels.set(id, channel);
    // The same function may be added twice.
    const listener = (job: Job) => {
      try {
        on(job);
      } catch (error) {
        this.failed(error);
      }
    };
    channel.listeners.add(listener);
    return () => {
      channel.listeners.delete(listener);
      if (channel.listeners.size === 0 && this.#channels.get(id) === channel) this.drop(id);
    };
  }

  tell(job: Job): void {
    const channel = this.#channels.get(job.id);
    if (channel === undefined) return;
    clearTimeout(channel.timer);
    delete channel.timer;
    delete channel.latest;
    for (const listener of [...channel.listeners]) listener(job);
  }

  tellSoon(job: Job): void {
    const channel = this.#channels.get(job.id);
    if (channel === undefined) return;
    if (channel.timer !== undefined) {
      channel.latest = job;
      return;
    }
    for (const listener of [...channel.listeners]) listener(job);
    channel.timer = setTimeout(() => {
      delete channel.timer;
      if (channel.latest !== undefined) this.tellSoon(take(channel));
    }, PROGRESS_MS).unref();
  }

  drop(id: string): void {
    clearTimeout(this.#channels.get(id)?.timer);
    this.#channels.delete(id);
  }

  clear(): void {
    for (const id of [...this.#channels.keys()]) this.drop(id);
  }
}

function take(channel: Channel): Job {
  const job = channel.latest as Job;
  delete channel.latest;
  return job;
}
