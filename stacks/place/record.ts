/**
 * What the kit itself notes about a project, beside the states: where each stack is being deployed. It is written before
 * Terraform makes anything, so it also knows the place of a state whose first resources tell none.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import type { StackName } from "../names.js";
import * as errors from "./errors.js";
import type { Place } from "./place.js";

export interface ProjectRecord {
  readonly places: Partial<Record<StackName, Place>>;
}

export const recordPath = (projectDir: string): string => join(projectDir, ".sallyport", "deployment.json");

/** @throws Fault `stacks/bad-record` for a file with other content. */
export async function readRecord(projectDir: string): Promise<ProjectRecord> {
  const file = recordPath(projectDir);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { places: {} };
  try {
    const { places } = JSON.parse(text) as { places?: ProjectRecord["places"] };
    return { places: places ?? {} };
  } catch (error) {
    throw errors.badRecord(file, error);
  }
}

/** Notes the place of a stack, or with undefined that it is nowhere. */
export async function recordPlace(projectDir: string, stack: StackName, place: Place | undefined): Promise<void> {
  const record = await readRecord(projectDir);
  const places = defined({ ...record.places, [stack]: place });
  const file = recordPath(projectDir);
  await makeDir(dirname(file));
  await replaceFile(file, `${JSON.stringify({ ...record, places }, null, 2)}\n`, 0o644);
}
