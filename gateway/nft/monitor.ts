/**
 * Watches the kernel for changes of our table by other programs. The kernel names the process behind each change,
 * but by its id in the host's namespace, which a process in a container does not know of itself. So our transactions
 * carry a mark: a table with a name of our own, made and deleted within the transaction. Only the monitor ever sees it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { endChild, withParentDeath } from "../../base/process/spawn.js";
import { TABLE } from "./ruleset.js";

export interface WatchOptions {
  /** How nft is run. */
  readonly nft: readonly string[];
  /** The marks of our own transactions. */
  readonly marks: readonly string[];
  /** Whether a transaction without a mark is ours all the same. @param pid in the host's namespace */
  isOurs(pid: number): boolean;
  /** Called for each transaction with `mark`, made by `pid`. */
  onMarked(mark: string, pid: number): void;
  /** Called when another program changed the table, and when the monitor may have missed such a change. */
  onForeign(): void;
}

type MonitorEvent =
  | { readonly kind: "change"; readonly mark: string | undefined; readonly isOurTable: boolean }
  | { readonly kind: "commit"; readonly pid: number }
  | { readonly kind: "overflow" };

/** Between the end of a monitor and the start of the next. */
const RESTART_MS = 1_000;

/** A name that no other process has. */
export const newMark = () => `sallyport_mark_${randomBytes(8).toString("hex")}`;

/** The commands that put `mark` into a transaction and leave nothing behind. */
export const markText = (mark: string) => `add table inet ${mark}; delete table inet ${mark}`;

/** Reads one line of `nft monitor`: a change, the end of a transaction and who made it, or that events were lost. */
export function readMonitorLine(line: string, marks: readonly string[] = []): MonitorEvent {
  if (line.startsWith("# ERROR")) return { kind: "overflow" };
  const pid = /^# new generation \d+ by process (\d+)/.exec(line)?.[1];
  if (pid !== undefined) return { kind: "commit", pid: Number(pid) };
  // "flush ruleset" appears as the deletion of each object that was there.
  const isOurTable = line.includes(` ${TABLE} `) || line.endsWith(` ${TABLE}`);
  return { kind: "change", mark: marks.find((mark) => line.endsWith(` ${mark}`)), isOurTable };
}

/** Starts a monitor, and a new one whenever it ends. @returns the way to stop it. */
export async function watchForeign(options: WatchOptions): Promise<() => Promise<void>> {
  let isStopped = false;
  let child = start();

  function start(): ChildProcess {
    const monitor = startMonitor(options);
    monitor.once("exit", () => void restart());
    return monitor;
  }

  async function restart(): Promise<void> {
    if (isStopped) return;
    await delay(RESTART_MS);
    if (isStopped) return;
    child = start();
    options.onForeign();
  }

  await Promise.race([once(child, "spawn"), once(child, "error")]);
  return async () => {
    isStopped = true;
    await endChild(child);
  };
}

function startMonitor({ nft, marks, isOurs, onMarked, onForeign }: WatchOptions): ChildProcess {
  const [program = "", ...args] = withParentDeath([...nft, "monitor"]);
  const monitor = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  let isTouched = false;
  let mark: string | undefined;
  createInterface({ input: monitor.stdout }).on("line", (line) => {
    const event = readMonitorLine(line, marks);
    if (event.kind === "change") {
      mark = event.mark ?? mark;
      isTouched ||= event.isOurTable;
      return;
    }
    if (event.kind === "overflow") onForeign();
    else if (mark !== undefined) onMarked(mark, event.pid);
    else if (isTouched && !isOurs(event.pid)) onForeign();
    isTouched = false;
    mark = undefined;
  });
  monitor.on("error", () => undefined);
  return monitor;
}
