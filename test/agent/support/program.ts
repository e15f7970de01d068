/** The bundled agent, with its accelerators beside it, as a process of its own, built from the sources as they are now. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bundledRuntime } from "../../support/compiled.js";

/** What the agent runs as on a host; the global setup bundles it once per run. */
export const BUNDLED_AGENT = join(bundledRuntime, "agent.mjs");

export interface Program {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Lines of the log so far. */
  readonly log: Array<Record<string, unknown>>;
  /** Waits for a log line with this `event`. */
  event(name: string): Promise<Record<string, unknown>>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;
}

export function startProgram(bundle: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  return startCommand([process.execPath, bundle, ...args], env);
}

/** As {@link startProgram}, for a command line of any kind that logs as our daemons do. */
export function startCommand([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Program {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const log: Array<Record<string, unknown>> = [];
  const waiting = new Set<() => void>();
  let stderr = "";
  let over = false;
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    log.push(line.startsWith("{") ? JSON.parse(line) : { text: line });
    for (const wake of waiting) wake();
  });
  const ended: Program["ended"] = new Promise((resolve) => {
    child.once("close", (code, signal) => {
      over = true;
      for (const wake of waiting) wake();
      resolve({ code, signal, stderr });
    });
  });
  return {
    child,
    pid: child.pid ?? 0,
    log,
    ended,
    event: (name) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = log.find((entry) => entry.event === name);
          if (found === undefined && !over) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`ended without "${name}": ${stderr}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
