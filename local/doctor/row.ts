import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";

/** One thing that was looked at. */
export interface Row {
  readonly check: string;
  /** ok; optional: not there, and only some things need it; missing and problem: nothing will work so. */
  readonly state: "ok" | "optional" | "missing" | "problem";
  readonly found: string;
  /** What to do about it. */
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

/** The row of a check whose failure is a Fault that already says what to do. */
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
