/** Chooses which ended jobs to forget: the old ones, and the oldest if there are too many. Pure. */

/** Limits on jobs and on their bytes as JSON, however young they are. */
export const MAX_ENDED = 10_000;
export const MAX_ENDED_BYTES = 64 * 1024 * 1024;

export class EndedJobs {
  /** In the order of their ends. */
  readonly #jobs = new Map<string, { endedAt: number; bytes: number }>();
  #bytes = 0;

  constructor(readonly keepMs: number) {}

  add(id: string, endedAt: number, bytes: number): void {
    this.delete(id);
    this.#jobs.set(id, { endedAt, bytes });
    this.#bytes += bytes;
  }

  delete(id: string): void {
    this.#bytes -= this.#jobs.get(id)?.bytes ?? 0;
    this.#jobs.delete(id);
  }

  /** @param now milliseconds since 1970. @returns ids, the oldest end first. */
  due(now: number): string[] {
    const due: string[] = [];
    let count = this.#jobs.size;
    let bytes = this.#bytes;
    for (const [id, job] of this.#jobs) {
      if (job.endedAt + this.keepMs > now && count <= MAX_ENDED && bytes <= MAX_ENDED_BYTES) break;
      due.push(id);
      count -= 1;
      bytes -= job.bytes;
    }
    return due;
  }
}
