/** In each worker: a failed test shows the last lines of the programs it started, and each file counts its processor time. */
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { afterAll, beforeEach } from "vitest";
import { removeDirs } from "./new-dir.js";

declare module "vitest" {
  interface TaskMeta {
    /** Seconds of processor time, those of ended children included. */
    cpu?: number;
  }
}

const LINES = 15;
const KEPT_CHARACTERS = 8_192;

interface Started {
  readonly child: ChildProcess;
  tail: string;
}
const state = globalThis as { startedForTests?: Set<Started> };

if (state.startedForTests === undefined) {
  const started = new Set<Started>();
  state.startedForTests = started;
  subscribe("child_process", (message) => {
    const entry: Started = { child: (message as { process: ChildProcess }).process, tail: "" };
    started.add(entry);
    entry.child.once("exit", () => {
      // Its last words may matter to the test that runs, and to no later one.
      if (entry.child.exitCode === 0) started.delete(entry);
    });
    // The streams are made right after this message. What passes is noted, and reading stays with the test.
    process.nextTick(() => {
      for (const stream of [entry.child.stdout, entry.child.stderr]) if (stream) note(stream, entry);
    });
  });
}

function note(stream: Readable, entry: Started): void {
  const push = stream.push.bind(stream);
  stream.push = (chunk, encoding) => {
    if (chunk !== null) entry.tail = `${entry.tail}${String(chunk)}`.slice(-KEPT_CHARACTERS);
    return push(chunk, encoding);
  };
}

beforeEach(({ onTestFailed }) => {
  for (const entry of state.startedForTests ?? []) if (hasEnded(entry.child)) state.startedForTests?.delete(entry);
  onTestFailed(() => {
    for (const { child, tail } of state.startedForTests ?? []) {
      // esbuild's own service, which speaks no text.
      if (tail.trim() === "" || child.spawnargs.includes("--ping")) continue;
      const end = hasEnded(child) ? `ended: ${child.exitCode ?? child.signalCode}` : "runs";
      const command = child.spawnargs.join(" ").slice(0, 300);
      console.error(`--- ${command} (${end}) said last:\n${tail.trimEnd().split("\n").slice(-LINES).join("\n")}`);
    }
  });
});

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

const before = cpuSeconds();
afterAll(({}, suite) => {
  removeDirs();
  suite.meta.cpu = cpuSeconds() - before;
});

/** Of this process, its threads, and the children it has waited for. */
function cpuSeconds(): number {
  if (process.platform !== "linux") return process.cpuUsage().user / 1e6;
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const TICKS_PER_SECOND = 100;
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS_PER_SECOND;
}
