/** Commander's tree, as the generated pages list it. */
import type { Command } from "commander";

/** Commands that do something, in the order of the help; groups such as `config` only hold them. */
export function leaves(command: Command): Command[] {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help");
  return children.flatMap((child) => (child.commands.length === 0 ? [child] : leaves(child)));
}

/** `sallyport certs create` */
export const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
