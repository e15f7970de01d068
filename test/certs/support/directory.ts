/** A temporary directory per test, removed afterwards. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Fault } from "../../../base/fault.js";

export async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-certs-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o7777).toString(8).padStart(4, "0");
}

/** What a user reads of the Fault that `work` ends with; `dir` is cut from paths, so that texts can be pinned. */
export async function faultOf(work: Promise<unknown>, dir = "\0"): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Fault)) throw error ?? new Error("nothing was thrown");
  return `${error.code} (exit ${error.exit})\n${error.message}\n${error.hint}`.replaceAll(`${dir}/`, "");
}
