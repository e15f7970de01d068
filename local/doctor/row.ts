import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";

/** The result of one check. */
export interface Row {
  readonly check: string;
  /** optional: absent, and only some features need it; missing and problem: nothing works until it is fixed. */
  readonly state: "ok" | "optional" | "missing" | "problem";
  readonly found: string;
  /** The remedy. */
  readonly mend?: string;
}

export const ok = (check: string, found: string): Row => ({ check, state: "ok", found });

export const optional = (check: string, found: string, mend: string): Row => ({
  check,
  state: "optional",
  found,
  mend,
});

export const missing = (check: string, found: string, mend: string): Row => ({ check, state: "missing", found, mend });

/** The row of a check that failed with a Fault, whose hint is the remedy. */
export async function rowOf(check: string, look: () => Promise<Row>, failed: Row["state"] = "problem"): Promise<Row> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return defined({
      check,
      state: failed,
      found: error.message,
      mend: error.hint,
    });
  }
}
