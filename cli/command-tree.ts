/** Commander's tree of commands as plain values, for the completion scripts. */
import type { Command, Option } from "commander";
import type { CommandNode, OptionNode } from "../base/completion/command-node.js";

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
    choices: command.registeredArguments[0]?.argChoices ?? [],
    takesHost: /^host\b/.test(command.registeredArguments[0]?.name() ?? ""),
    children,
  };
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
