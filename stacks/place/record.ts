/**
 * What the kit itself notes about a project, beside the states: an id that its resources carry as a tag, and where each
 * stack is being deployed. It is written before Terraform makes anything, so it also knows the place of a state whose
 * first resources tell none, and recognizes what an interrupted deployment made and did not record.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import { createExclusive, replaceFile } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import type { StackName } from "../names.js";
import * as errors from "./errors.js";
import type { Place } from "./place.js";

export interface ProjectRecord {
  /** 20 hex digits. */
  readonly id?: string;
  readonly places: Partial<Record<StackName, Place>>;
}

const recordPath = (projectDir: string): string => join(projectDir, ".sallyport", "deployment.json");

/** @throws Fault `stacks/bad-record` for a file with other content. */
export async function readRecord(projectDir: string): Promise<ProjectRecord> {
  const file = recordPath(projectDir);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { places: {} };
  try {
    return { places: {}, ...(JSON.parse(text) as Partial<ProjectRecord>) };
  } catch (error) {
    throw errors.badRecord(file, error);
  }
}

/** Notes the place of a stack, or with undefined that it is nowhere. */
export async function recordPlace(projectDir: string, stack: StackName, place: Place | undefined): Promise<void> {
  const record = await readRecord(projectDir);
  const places = defined({ ...record.places, [stack]: place });
  await replaceFile(await recordFile(projectDir), textOf({ ...record, places }), 0o644);
}

/** The project's id; made if it has none. */
export async function ensureProjectId(projectDir: string): Promise<string> {
  const record = await readRecord(projectDir);
  if (record.id !== undefined) return record.id;
  const made = { id: randomBytes(10).toString("hex"), ...record };
  const file = await recordFile(projectDir);
  // Of two commands at once, both take the id of the first.
  if (await createExclusive(file, textOf(made), 0o644)) return made.id;
  const { id } = await readRecord(projectDir);
  if (id !== undefined) return id;
  await replaceFile(file, textOf(made), 0o644);
  return made.id;
}

/** Goes on under the id of resources that are taken over, in place of an own one. */
export async function takeProjectId(projectDir: string, id: string): Promise<void> {
  const record = await readRecord(projectDir);
  await replaceFile(await recordFile(projectDir), textOf({ ...record, id }), 0o644);
}

/** The directory is never committed: another checkout is another project, with other machines. */
async function recordFile(projectDir: string): Promise<string> {
  const file = recordPath(projectDir);
  await makeDir(dirname(file));
  await createExclusive(join(dirname(file), ".gitignore"), "*\n", 0o644);
  return file;
}

const textOf = (record: ProjectRecord) => `${JSON.stringify(record, null, 2)}\n`;
