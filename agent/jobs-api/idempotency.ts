/**
 * `Idempotency-Key`: a client whose connection broke may repeat its request without running a job twice. A key is stored
 * with its job on the disk, and forgotten with it.
 */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Idempotency, Job, JobEngine, JobRequest } from "../jobs/types.js";
import { formatFileRef } from "./host-url.js";
import { badKey, keyBusy, keyReused } from "./problems.js";

/** Number of submissions between two searches for keys of forgotten jobs. */
const PRUNE_EVERY = 1_000;

export class IdempotencyKeys {
  readonly #jobs = new Map<string, string>();
  readonly #underWay = new Set<string>();
  #added = 0;

  constructor(private readonly engine: JobEngine) {
    for (const { id, idempotency } of engine.list()) if (idempotency !== undefined) this.#jobs.set(idempotency.key, id);
  }

  /** The job that was already submitted with this key. */
  find(key: string | undefined): Job | undefined {
    const id = key === undefined ? undefined : this.#jobs.get(key);
    return id === undefined ? undefined : this.engine.get(id);
  }

  /** Runs `submit` unless another request with this key is under way. @throws Problem 409 */
  async hold(key: string | undefined, submit: () => Promise<Job>): Promise<Job> {
    if (key === undefined) return submit();
    if (this.#underWay.has(key)) throw keyBusy();
    this.#underWay.add(key);
    try {
      const job = await submit();
      this.#jobs.set(key, job.id);
      this.#added += 1;
      if (this.#added % PRUNE_EVERY === 0) this.#prune();
      return job;
    } finally {
      this.#underWay.delete(key);
    }
  }

  #prune(): void {
    for (const [key, id] of this.#jobs) if (this.engine.get(id) === undefined) this.#jobs.delete(key);
  }
}

/** @throws Problem 400 */
export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const sent = headers["idempotency-key"];
  if (sent === undefined) return undefined;
  // The draft standard wants a quoted string; many clients omit the quotes.
  const key = typeof sent === "string" ? sent.trim().replace(/^"(.*)"$/, "$1") : "";
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw badKey();
  return key;
}

/** @param content SHA-256 of the input in the request, if any. */
export function idempotencyOf(key: string, request: JobRequest, content: Buffer | undefined): Idempotency {
  const { accelerator, phase, parameters, input, output } = request;
  const asked = [
    accelerator,
    phase,
    parameters,
    content?.toString("base64") ?? (input === undefined ? null : formatFileRef(input)),
    output === undefined ? null : formatFileRef(output),
  ];
  return { key, fingerprint: createHash("sha256").update(JSON.stringify(asked)).digest("base64url") };
}

/** @throws Problem 409 if the key belongs to another request. */
export function refuseOther(job: Job, { fingerprint }: Idempotency): void {
  if (job.idempotency?.fingerprint !== fingerprint) throw keyReused();
}
