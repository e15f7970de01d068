/** The one refusal that a person may overrule on the spot: being locked out by one's own command. */
import { Fault } from "../../base/fault.js";
import type { Context } from "../context.js";

export const isLockout = (error: unknown): error is Fault =>
  error instanceof Fault && error.code === "firewall/lockout";

/**
 * Does `work`; if it would lock out who runs it, asks, and does it all the same if the answer is yes.
 *
 * @throws Fault (exit status 5) where nobody can be asked, or the answer is no.
 */
export async function askingOnLockout<T>(context: Context, work: (confirmed: boolean) => Promise<T>): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    if (!isLockout(error) || !canAsk(context)) throw error;
    const { confirm } = await import("../confirm.js");
    if (!(await confirm(context, `${sentence(error.message)}.`))) throw error;
    return work(true);
  }
}

const canAsk = (context: Context): boolean =>
  process.stdin.isTTY === true && process.stderr.isTTY === true && !context.options.json;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
