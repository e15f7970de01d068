import { Fault } from "../../base/fault.js";

/** What a user reads of the Fault that `work` ends with, and its exit status. */
export async function faultText(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${error.message}\n  ${error.hint} (exit ${error.exit})`;
  }
  throw new Error("nothing was thrown");
}
