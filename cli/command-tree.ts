/** Commander's tree of commands as plain values, for the completion scripts. */
import type { Argument, Command, Option } from "commander";
import type { CommandNode, OptionNode } from "../base/completion/command-node.js";
import { STACK_NAMES } from "../stacks/names.js";

export function commandTree(command: Command, parent = "", inherited: readonly OptionNode[] = []): CommandNode {
  const path = `${parent} ${command.name()}`.trim();
  const help = command.createHelp();
  const options = uniqueByName([...help.visibleOptions(command).map(optionNode), ...inherited]);
  const children = help
    .visibleCommands(command)
    .filter((child) => child.name() !== "help")
    .map((child) =>
      commandTree(
        child,
        path,
        options.filter(({ names }) => !names.includes("--version")),
      ),
    );
  return {
    path,
    name: command.name(),
    description: command.description(),
    options,
    choices: choicesOf(command.registeredArguments[0]),
    takesHost: /^host\b/.test(command.registeredArguments[0]?.name() ?? ""),
    children,
  };
}

/** Commander would refuse other names in words of its own, so it does not know those of the stacks. */
function choicesOf(argument: Argument | undefined): readonly string[] {
  return argument?.argChoices ?? (argument?.name() === "stack" ? STACK_NAMES : []);
}

function optionNode(option: Option): OptionNode {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices,
  };
}

function uniqueByName(options: readonly OptionNode[]): OptionNode[] {
  const seen = new Set<string>();
  return options.filter(({ names }) => {
    const key = names.join();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
