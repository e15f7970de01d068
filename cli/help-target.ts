/** Commander looks one word far for `help a b`, and prints a parent's help for a word it does not know. */
import type { Command } from "commander";

/**
 * To be called before `shown` prints its help: prints that of the command that was typed instead, if it is another one.
 *
 * @throws CommanderError for an unknown command, or after printing
 */
export function refuseOtherHelp(program: Command, shown: Command): void {
  const target = typedCommand(program);
  if (target !== undefined && target !== shown) target.help();
}

/** @returns undefined if nothing was parsed, or if an option stands between the words, for its value looks like one. */
function typedCommand(program: Command): Command | undefined {
  if (program.args.length === 0) return undefined;
  let at = program;
  for (const word of program.args) {
    if (at.commands.length === 0 || at.registeredArguments.length > 0) break;
    if (["help", "--help", "-h"].includes(word)) continue;
    if (word.startsWith("-")) return undefined;
    const child = at.commands.find((each) => each.name() === word || each.aliases().includes(word));
    // Commander's own words, by which usageFault looks for what was meant.
    if (child === undefined) return at.error(`error: unknown command '${word}'`, { code: "commander.unknownCommand" });
    at = child;
  }
  return at;
}
