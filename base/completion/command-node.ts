/** A tree of commands as plain values: the input of the completion scripts. */

export interface OptionNode {
  /** `-V`, `--version`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Undefined: any value, usually a file. */
  readonly choices: readonly string[] | undefined;
}

export interface CommandNode {
  /** `sallyport certs create`. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  /** The command's own options and the global ones. */
  readonly options: readonly OptionNode[];
  /** Values of its first positional argument, if they are a fixed set. */
  readonly choices: readonly string[];
  /** Whether its first positional argument begins with the name of a host. */
  readonly takesHost: boolean;
  readonly children: readonly CommandNode[];
}

/** The node itself and everything below it. */
export function allNodes(node: CommandNode): CommandNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}
