/** Starts, stops and changes of access: one at a time, because they share one Terraform state. */
import { defined } from "../../base/defined.js";
import type { OperationItem } from "../documents.js";
import type { Progress } from "./backend.js";
import { errorLines, operationRuns } from "./problems.js";

/** Lines of progress that are kept. */
const MAX_LINES = 50;

export class Operations {
  #current: OperationItem | undefined;
  #running: Promise<void> | undefined;
  #count = 0;

  constructor(private readonly signal: AbortSignal) {}

  /** The one that runs, or the last one. */
  get current(): OperationItem | undefined {
    return this.#current;
  }

  /** @returns the end of it, which rejects if it fails. @throws Fault `ui/operation-runs` while another one runs. */
  start(title: string, work: (progress: Progress) => Promise<string | undefined>): Promise<void> {
    if (this.#current?.state === "running") throw operationRuns(this.#current.title);
    this.#count += 1;
    const id = this.#count;
    let item: OperationItem = { id, title, state: "running", lines: [] };
    const update = (changes: Partial<OperationItem>) => {
      item = { ...item, ...changes };
      this.#current = item;
    };
    update({});
    const onStep = (line: string) => update({ lines: [...item.lines, line].slice(-MAX_LINES) });
    const running = work({ signal: this.signal, onStep }).then(
      (warning) => update(defined({ state: "done" as const, warning })),
      (error: unknown) => {
        update(defined({ state: "failed" as const, error: errorLines(error) }));
        throw error;
      },
    );
    // For close(), which only waits: a failure is reported by the operation and by the returned promise.
    this.#running = running.catch(() => undefined);
    return running;
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    await this.#running;
  }
}
