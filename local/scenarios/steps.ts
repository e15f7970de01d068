/** A demo's log, step by step: what was tried, what came back, and whether that was expected. */
import { Fault } from "../../base/fault.js";

export type StepOutcome = "ok" | "failed" | "not run";

export interface StepResult {
  readonly step: string;
  readonly tried: string;
  readonly cameBack: string;
  readonly verdict: StepOutcome;
  readonly seconds: number;
}

export interface StepWatcher {
  started(step: string, tried: string): void;
  ended(result: StepResult): void;
}

export class Steps {
  readonly results: StepResult[] = [];

  constructor(
    private readonly watcher: StepWatcher,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get allPassed(): boolean {
    return this.results.every((result) => result.verdict !== "failed");
  }

  /** Runs a step that later steps need: its error ends the demo. `work` returns the text for the log. */
  async must<T>(step: string, tried: string, work: () => Promise<readonly [cameBack: string, value: T]>): Promise<T> {
    const started = this.#start(step, tried);
    try {
      const [cameBack, value] = await work();
      this.#end(step, tried, cameBack, "ok", started);
      return value;
    } catch (error) {
      this.#end(step, tried, messageOf(error), "failed", started);
      throw error;
    }
  }

  /** Runs an independent step: if `work` throws, the step has failed and the demo continues. */
  async check(step: string, tried: string, work: () => Promise<string>): Promise<void> {
    const started = this.#start(step, tried);
    try {
      this.#end(step, tried, await work(), "ok", started);
    } catch (error) {
      this.#end(step, tried, messageOf(error), "failed", started);
    }
  }

  skip(step: string, tried: string, why: string): void {
    this.#end(step, tried, why, "not run", this.#start(step, tried));
  }

  #start(step: string, tried: string): number {
    this.watcher.started(step, tried);
    return this.now();
  }

  #end(step: string, tried: string, cameBack: string, verdict: StepOutcome, started: number): void {
    const result = { step, tried, cameBack, verdict, seconds: (this.now() - started) / 1000 };
    this.results.push(result);
    this.watcher.ended(result);
  }
}

/** Thrown by a check with an unexpected result. */
class Unexpected extends Error {}

export function expectThat(condition: boolean, cameBack: string): asserts condition {
  if (!condition) throw new Unexpected(cameBack);
}

function messageOf(error: unknown): string {
  if (error instanceof Fault) return error.hint === undefined ? error.message : `${error.message}\n${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}
