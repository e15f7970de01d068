/** Asks for confirmation before data is lost or money spent. Without a terminal to ask on, `--yes` must be given. */
import { createInterface } from "node:readline/promises";
import { EXIT, Fault } from "../../base/fault.js";
import type { Context } from "../context.js";

export interface Terminals {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** @returns whether the user said yes. @throws Fault (exit status 2) if there is no terminal to ask on. */
export async function confirm(
  context: Pick<Context, "options" | "signal">,
  what: string,
  { input, output }: Terminals = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (input.isTTY !== true || output.isTTY !== true || context.options.json) throw cannotAsk(what);
  const asking = createInterface({ input, output });
  try {
    const answer = await asking.question(`${what} Continue? [y/N] `, { signal: context.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}

/** Asks unless `--yes` was given. @returns false, having said so, if the user declines. */
export async function agreed(context: Context, yes: boolean | undefined, what: string): Promise<boolean> {
  if (yes === true || (await confirm(context, what))) return true;
  context.note("nothing was changed");
  return false;
}

/** Whether to ask before something begins to cost: not with `--yes`, and not in a pipeline, whose author has agreed. */
export function asksPrice({ env: { CI = "" } }: Pick<Context, "env">, yes: boolean | undefined): boolean {
  return yes !== true && /^(?:|0|false)$/i.test(CI);
}

/** Says what begins to cost, and asks where {@link asksPrice} says so. @returns false if the user declines */
export async function agreedToPrice(context: Context, yes: boolean | undefined, price: string): Promise<boolean> {
  if (asksPrice(context, yes)) return agreed(context, yes, price);
  context.note(price);
  return true;
}

const cannotAsk = (what: string) =>
  new Fault(
    "cli/cannot-ask",
    `${what.charAt(0).toLowerCase()}${what.slice(1).replace(/[.]$/, "")}, but there is no terminal to ask on`,
    {
      hint: "add --yes to go ahead",
      exit: EXIT.usage,
    },
  );
