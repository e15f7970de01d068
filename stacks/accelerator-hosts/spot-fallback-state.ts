/**
 * Records which hosts run on demand for want of a spot instance. The file is beside the state, so that the next
 * deployment leaves these machines at work instead of replacing them by spot instances.
 */
import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import { spotFallbackStatePath } from "../files.js";
import * as errors from "./errors.js";

/** @throws Fault `stacks/bad-spot-memory` for a file with other content. */
export async function readOnDemand(projectDir: string): Promise<ReadonlySet<string>> {
  const file = spotFallbackStatePath(projectDir);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return new Set();
  try {
    const { on_demand } = JSON.parse(text) as { on_demand: unknown };
    if (Array.isArray(on_demand)) return new Set(on_demand.map(String));
  } catch (error) {
    throw errors.badSpotFallbackState(file, error);
  }
  throw errors.badSpotFallbackState(file);
}

/** Writes the file completely or not at all. Without such hosts there is no file. */
export async function writeOnDemand(projectDir: string, names: Iterable<string>): Promise<void> {
  const file = spotFallbackStatePath(projectDir);
  const on_demand = [...new Set(names)].sort();
  if (on_demand.length === 0) return rm(file, { force: true });
  await makeDir(dirname(file));
  await replaceFile(file, `${JSON.stringify({ on_demand })}\n`, 0o644);
}
