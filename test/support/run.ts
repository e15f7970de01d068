/** Programs that tests run. Their time limit only ends what hangs: it is no verdict on the machine's speed. */
import { type RunOptions, type RunResult, run as runLimited, runOk as runOkLimited } from "../../base/process/run.js";

/** Milliseconds. */
export const HANGS_MS = 1_200_000;

export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runLimited(program, args, { timeoutMs: HANGS_MS, ...options });
}

export function runOk(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runOkLimited(program, args, { timeoutMs: HANGS_MS, ...options });
}
