/** Keeps ended forwards across a restart, for log lines about them that are read later. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import type { Span } from "./forward-history.js";

/** The whole file is rewritten whenever a forward ends. */
const MAX_ENDED = 1_000;

const fileIn = (dir: string) => join(dir, "ended.json");

export async function saveEnded(dir: string, ended: readonly Span[]): Promise<void> {
  await replaceFile(fileIn(dir), JSON.stringify(ended.slice(-MAX_ENDED)), 0o600);
}

export async function loadEnded(dir: string): Promise<readonly Span[]> {
  try {
    return JSON.parse(await readFile(fileIn(dir), "utf8")) as Span[];
  } catch (error) {
    if (errno(error) === "ENOENT") return [];
    throw error;
  }
}
