/** The commands as plain values: what a completion script has to know of commander's tree. */
import type { Command, Option } from "commander";

export interface OptionNode {
  /** `-V`, `--version`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Undefined: any value, which is most often a file. */
  readonly choices: readonly string[] | undefined;
}

export interface CommandNode {
  /** `sallyport certs create`. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  /** Its own and the global ones. */
  readonly options: readonly OptionNode[];
  /** Values of its first positional argument, where they are a fixed set. */
  readonly choices: readonly string[];
  /** Whether its first positional argument begins with the name of a host. */
  readonly takesHost: boolean;
  readonly children: readonly CommandNode[];
}

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

/** The node itself and everything below it. */
export function allNodes(node: CommandNode): CommandNode[] {
  return [node, ...node.children.flatMap(allNodes)];
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

/** A word or text as one single-quoted shell word. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
