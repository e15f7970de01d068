/** Ends a run with its slowest files, its total time, and one plain line that any tool can read: `N passed, N failed, N skipped`. */
import { relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Reporter, TestModule } from "vitest/node";
import { type Leftovers, leftovers } from "./leftovers.js";

const SLOWEST = 10;
const SETTLE_MS = 15_000;

export default class ClosingReport implements Reporter {
  #started = Date.now();
  #before: Leftovers | undefined;

  onTestRunStart(): void {
    this.#started = Date.now();
    this.#before = leftovers();
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.state() === "failed" && module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "pending") continue;
        count[state] += 1;
        if (state === "skipped") console.log(`skipped: ${test.fullName}`);
      }
    }
    const left = await this.#leftovers();
    for (const [, description] of left) console.log(`left over: ${description}`);
    if (left.length > 0) {
      count.failed += 1;
      process.exitCode = 1;
    }
    console.log(`\n${slowest(modules)}`);
    const cpu = modules.reduce((sum, module) => sum + (module.meta().cpu ?? 0), 0);
    const total = (Date.now() - this.#started) / 1_000;
    console.log(`\ntotal time: ${total.toFixed(0)} s, with ${cpu.toFixed(0)} s of processor time in the tests`);
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }

  /** The kernel takes a moment to end what was killed last. */
  async #leftovers(): Promise<[string, string][]> {
    for (const end = Date.now() + SETTLE_MS; ; ) {
      const left = [...leftovers()].filter(([key]) => !this.#before?.has(key));
      if (left.length === 0 || Date.now() > end) return left;
      await setTimeout(100);
    }
  }
}

/** Wall time and processor time: the difference is waiting. */
function slowest(modules: readonly TestModule[]): string {
  const files = modules.map((module) => {
    const { duration, collectDuration, setupDuration } = module.diagnostic();
    const seconds = (duration + collectDuration + setupDuration) / 1_000;
    return { file: relative(process.cwd(), module.moduleId), seconds, cpu: module.meta().cpu ?? 0 };
  });
  const sorted = files.sort((a, b) => b.seconds - a.seconds).slice(0, Number(process.env.SLOWEST ?? SLOWEST));
  const lines = sorted.map(
    ({ file, seconds, cpu }) => `${seconds.toFixed(1).padStart(7)} s ${cpu.toFixed(1).padStart(7)} s CPU  ${file}`,
  );
  return [`the ${lines.length} slowest files:`, ...lines].join("\n");
}
