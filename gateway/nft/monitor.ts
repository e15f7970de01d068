/** Hears from the kernel when somebody changes our table. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { TABLE } from "./ruleset.js";

export interface Watcher {
  /** Whether the process with this id is one of ours. */
  isOurs(pid: number): boolean;
  onForeign(): void;
}

type Said = { readonly touches: boolean } | { readonly by: number } | { readonly missed: true };

/** What one line of `nft monitor` says: of our table, who made the change that is now complete, or that it lost some. */
export function readMonitorLine(line: string): Said {
  if (line.startsWith("# ERROR")) return { missed: true };
  const by = /^# new generation \d+ by process (\d+)/.exec(line)?.[1];
  if (by !== undefined) return { by: Number(by) };
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
    createInterface({ input: monitor.stdout }).on("line", (line) => {
      const said = readMonitorLine(line);
      if ("touches" in said) {
        touched ||= said.touches;
        return;
      }
      if ("missed" in said || (touched && !watcher.isOurs(said.by))) watcher.onForeign();
      touched = false;
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
