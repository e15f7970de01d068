/**
 * Hears from the kernel when somebody changes our table. The kernel names the process that did, but by the id that the
 * host knows it by: in a container, that is not the id that we know. So our own transactions carry a mark: a table with
 * a name of our own, made and deleted in the same transaction, which the monitor tells of and nobody else ever sees.
 */

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { TABLE } from "./ruleset.js";

export interface Watcher {
  /** In transactions of ours. */
  readonly marks: readonly string[];
  /** Whether a transaction without a mark is ours all the same. @param pid as the host knows it */
  isOurs(pid: number): boolean;
  /** A transaction with `mark` was made by `pid`. */
  onMarked(mark: string, pid: number): void;
  onForeign(): void;
}

type Said = { readonly touches: string | boolean } | { readonly by: number } | { readonly missed: true };

/** A name that no other process has. */
export const newMark = () => `sallyport_mark_${randomBytes(8).toString("hex")}`;

/** What puts `mark` into a transaction; there is no such table before or after it. */
export const markText = (mark: string) => `add table inet ${mark}; delete table inet ${mark}`;

/** What one line of `nft monitor` says: of our table or a mark, who made the change that is now complete, or that it lost some. */
export function readMonitorLine(line: string, marks: readonly string[] = []): Said {
  if (line.startsWith("# ERROR")) return { missed: true };
  const by = /^# new generation \d+ by process (\d+)/.exec(line)?.[1];
  if (by !== undefined) return { by: Number(by) };
  const mark = marks.find((each) => line.endsWith(` ${each}`));
  if (mark !== undefined) return { touches: mark };
  // "flush ruleset" is told as the deletion of each thing that was there.
  return { touches: line.includes(` ${TABLE} `) || line.endsWith(` ${TABLE}`) };
}

/** @returns the way to stop. The monitor is started again when it ends; what was missed meanwhile counts as foreign. */
export async function watchForeign(nft: readonly string[], watcher: Watcher): Promise<() => void> {
  let stopped = false;
  let child = start();

  function start() {
    const [program = "", ...args] = nft;
    const monitor = spawn(program, [...args, "monitor"], { stdio: ["ignore", "pipe", "ignore"] });
    let touched = false;
    let marked: string | undefined;
    createInterface({ input: monitor.stdout }).on("line", (line) => {
      const said = readMonitorLine(line, watcher.marks);
      if ("touches" in said) {
        if (typeof said.touches === "string") marked = said.touches;
        else touched ||= said.touches;
        return;
      }
      if ("missed" in said) watcher.onForeign();
      else if (marked !== undefined) watcher.onMarked(marked, said.by);
      else if (touched && !watcher.isOurs(said.by)) watcher.onForeign();
      touched = false;
      marked = undefined;
    });
    monitor.on("error", () => undefined);
    monitor.once("exit", () => void again());
    return monitor;
  }

  async function again(): Promise<void> {
    if (stopped) return;
    await delay(1_000);
    if (stopped) return;
    child = start();
    watcher.onForeign();
  }

  await Promise.race([once(child, "spawn"), once(child, "error")]);
  return () => {
    stopped = true;
    child.kill();
  };
}
