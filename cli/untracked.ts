/** Warnings of what an interrupted run made and no state holds. */
import type { Untracked } from "../stacks/untracked/untracked.js";
import type { Context } from "./context.js";

export async function warnOfUntracked(context: Context, untracked: readonly Untracked[]): Promise<void> {
  const { untrackedText } = await import("../stacks/untracked/untracked.js");
  const { remedyFor } = await import("../stacks/untracked/errors.js");
  context.warn(`made from here, but in no state: ${untrackedText(untracked)}; ${remedyFor(untracked)}`);
}

/** Asks AWS, and warns of what is found. */
export async function lookForUntracked(context: Context): Promise<readonly Untracked[]> {
  const { findUntracked } = await import("../stacks/untracked/find.js");
  const { env, signal, note: onNote } = context;
  const untracked = await findUntracked(await context.config(), { env, signal, onNote });
  if (untracked.length > 0) await warnOfUntracked(context, untracked);
  return untracked;
}
