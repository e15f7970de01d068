/**
 * The private directories of jobs, `<jobs_dir>/<id>/`, mode 0700:
 *
 *     job.json   the journal: the request and its progress. A directory without one is no job, and is removed.
 *     input      if the job brought one
 *     output     if it is private; stays with the job
 *     scratch/   the program's home, temporary and current directory; removed when it has ended
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import type { ProcessMark } from "../../base/process/alive.js";
import { isJobId } from "./job-id.js";
import { isObject } from "./result.js";
import type { Job } from "./types.js";

/** The content of job.json. */
export interface Journal {
  /** Still queued: its program never ran. */
  readonly job: Job;
  /** The leader of its session, while it runs. */
  readonly leader?: ProcessMark;
}

export class JobStore {
  /** @param path of jobs_dir, which exists. */
  constructor(readonly path: string) {}

  dir(id: string): string {
    return join(this.path, id);
  }

  file(id: string, name: "job.json" | "input" | "output" | "scratch"): string {
    return join(this.path, id, name);
  }

  async make(id: string): Promise<void> {
    await mkdir(this.dir(id), { mode: 0o700 });
    // The umask narrows mkdir's mode; this sets it exactly.
    chmodSync(this.dir(id), 0o700);
  }

  /** On the disk when it resolves; with `born`, the directory's own name too. */
  async write(journal: Journal, born = false): Promise<number> {
    const text = JSON.stringify(journal);
    await replaceFile(this.file(journal.job.id, "job.json"), text, 0o600);
    if (born) await sync(this.path, constants.O_RDONLY | constants.O_DIRECTORY);
    return text.length;
  }

  /** Does not wait for the disk: for facts that the next start would find out again. */
  async note(journal: Journal): Promise<number> {
    const text = JSON.stringify(journal);
    const file = this.file(journal.job.id, "job.json");
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    await rename(`${file}.new`, file);
    return text.length;
  }

  /** @returns undefined if there is no complete journal. */
  read(id: string): Journal | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(this.file(id, "job.json"), "utf8"));
      return isObject(value) && isObject(value.job) && value.job.id === id ? (value as unknown as Journal) : undefined;
    } catch (error) {
      if (errno(error) === undefined || errno(error) === "ENOENT" || errno(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }

  /** Names in jobs_dir that can only be jobs, oldest first. Other entries are not ours. */
  ids(): string[] {
    return readdirSync(this.path).filter(isJobId).sort();
  }

  /** Removes the journal first: a directory without it is no job, and the next start removes the rest. */
  async remove(id: string): Promise<void> {
    try {
      unlinkSync(this.file(id, "job.json"));
    } catch (error) {
      if (errno(error) !== "ENOENT") throw error;
    }
    await removeTree(this.dir(id));
  }

  /** Removes what the job in this state no longer needs. */
  async tidy(job: Job): Promise<void> {
    const kept = filesOf(job);
    for (const name of readdirSync(this.dir(job.id))) {
      if (!kept.includes(name)) await removeTree(join(this.dir(job.id), name));
    }
  }

  /** @returns undefined if the output is not a regular file. */
  openOutput(id: string): { fd: number; size: number } | undefined {
    let fd: number;
    try {
      fd = openSync(this.file(id, "output"), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (errno(error) === "ENOENT" || errno(error) === "ELOOP") return undefined;
      throw error;
    }
    const stat = fstatSync(fd);
    if (stat.isFile()) return { fd, size: stat.size };
    closeSync(fd);
    return undefined;
  }
}

function filesOf({ state, input, output }: Job): string[] {
  // An input of the host is a link here, which the next run makes anew.
  if (state === "queued" && input?.kind === "private") return ["job.json", "input"];
  return state === "done" && output?.kind === "private" ? ["job.json", "output"] : ["job.json"];
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

/** Works even if a program took away its own write permission. */
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
