/** The results of many inputs as a document for programs. Pure. */
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import type { Result } from "./process-many.js";

const failuresIn = (results: readonly Result[]): number => results.filter(({ done }) => done === undefined).length;

export function resultsDocument(results: readonly Result[], outDir: string, seconds: number) {
  const failed = failuresIn(results);
  return {
    done: results.length - failed,
    failed,
    seconds,
    inputs: results.map(({ input, host, tries, done, error }) => ({
      src: input.path,
      dst: resolve(outDir, input.name),
      host: host ?? null,
      tries,
      state: done === undefined ? "failed" : "done",
      ...(done === undefined ? {} : { job: done.job.id, size: done.size, sha256: done.sha256 }),
      ...defined({
        error: error === undefined ? undefined : { code: error.code, message: error.message, hint: error.hint },
      }),
    })),
  };
}
