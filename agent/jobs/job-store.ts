/**
 * The private directories of jobs, `<jobs_dir>/<id>/`, mode 0700:
 *
 *     job.json   the journal: what was asked and how far it got. What has none is no job, and is removed.
 *     input      where the job brought one
 *     output     where it is the job's own; stays with the job
 *     scratch/   the program's home, temporary and current directory; gone when it has ended
 */
import { chmodSync, constants, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import type { ProcessMark } from "../../base/process/alive.js";
import { isJobId } from "./job-id.js";
import { isObject } from "./result.js";
import type { Job } from "./types.js";

/** What job.json holds. */
export interface Journal {
  readonly job: Job;
  /** While it runs, the process that leads its session. */
  readonly leader?: ProcessMark;
}

export class JobStore {
  /** @param path of jobs_dir, which is there. */
  constructor(readonly path: string) {}

  dir(id: string): string {
    return join(this.path, id);
  }

  file(id: string, name: "job.json" | "input" | "output" | "scratch"): string {
    return join(this.path, id, name);
  }

  async make(id: string): Promise<void> {
    await mkdir(this.dir(id), { mode: 0o700 });
    // mkdir's mode is narrowed by the umask, never widened; this one is what it says.
    chmodSync(this.dir(id), 0o700);
  }

  /** On the disk when it resolves, the directory's own name included where `born`. */
  async write(journal: Journal, born = false): Promise<number> {
    const text = JSON.stringify(journal);
    await replaceFile(this.file(journal.job.id, "job.json"), text, 0o600);
    if (born) await sync(this.path, constants.O_RDONLY | constants.O_DIRECTORY);
    return text.length;
  }

  /** For what the next start would find out again: without waiting for the disk. */
  async note(journal: Journal): Promise<number> {
    const text = JSON.stringify(journal);
    const file = this.file(journal.job.id, "job.json");
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    await rename(`${file}.new`, file);
    return text.length;
  }

  /** @returns undefined where there is none that is whole. */
  read(id: string): Journal | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(this.file(id, "job.json"), "utf8"));
      return isObject(value) && isObject(value.job) && value.job.id === id ? (value as unknown as Journal) : undefined;
    } catch (error) {
      if (errno(error) === undefined || errno(error) === "ENOENT" || errno(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }

  /** Names in jobs_dir that can only be jobs, oldest first; whatever else lies there is not ours. */
  ids(): string[] {
    return readdirSync(this.path).filter(isJobId).sort();
  }

  /** First the journal: a directory that loses it is no job any more, and the next start removes the rest. */
  async remove(id: string): Promise<void> {
    try {
      unlinkSync(this.file(id, "job.json"));
    } catch (error) {
      if (errno(error) !== "ENOENT") throw error;
    }
    await removeTree(this.dir(id));
  }

  /** Everything but the journal and, where it is kept, the output. */
  async tidy(id: string, keepOutput: boolean): Promise<void> {
    const kept = keepOutput ? ["job.json", "output"] : ["job.json"];
    for (const name of readdirSync(this.dir(id))) {
      if (!kept.includes(name)) await removeTree(join(this.dir(id), name));
    }
  }
}

/** Flushes a file, or a directory's names. */
export async function sync(path: string, flags: number = constants.O_RDONLY | constants.O_NOFOLLOW): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Also where a program took its own write permission away. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errno(error) !== "EACCES" && errno(error) !== "EPERM") throw error;
    unlock(path);
    await rm(path, { recursive: true, force: true });
  }
}

function unlock(dir: string): void {
  chmodSync(dir, 0o700);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) unlock(join(dir, entry.name));
  }
}
