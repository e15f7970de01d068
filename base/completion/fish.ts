import { allNodes, type CommandNode, type OptionNode } from "./command-node.js";

/** Completion for fish 3 and later. */
export function fishCompletion(root: CommandNode): string {
  const nodes = allNodes(root);
  const groups = nodes.flatMap((node) => node.children.map(({ path }) => fishQuote(path)));
  const valued = new Set(
    nodes.flatMap((node) => node.options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names)),
  );
  const lines = nodes.flatMap((node) => {
    const at = `complete -c sallyport -n ${fishQuote(`__sallyport_at ${fishQuote(node.path)}`)}`;
    return [
      ...node.children.map(({ name, description }) => `${at} -f -a ${fishQuote(name)} -d ${fishQuote(description)}`),
      ...node.choices.map((choice) => `${at} -f -a ${fishQuote(choice)}`),
      ...(node.takesHost ? [`${at} -a '(sallyport __hosts 2>/dev/null)' -d host`] : []),
      ...node.options.map((option) => `${at} ${optionFlags(option)} -d ${fishQuote(option.description)}`),
    ];
  });
  return `# fish completion for sallyport: sallyport completion fish | source
function __sallyport_at --description 'whether the words so far name this command'
  set -l paths ${groups.join(" ")}
  set -l valued ${[...valued].join(" ")}
  set -l at sallyport
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip -eq 1
      set skip 0
    else if test "$word" = --
      break
    else if contains -- $word $valued
      set skip 1
    else if contains -- "$at $word" $paths
      set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end

${lines.join("\n")}
`;
}

function optionFlags({ names, takesValue, choices }: OptionNode): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  if (choices !== undefined) flags.push(`-x -a ${fishQuote(choices.join(" "))}`);
  else if (takesValue) flags.push("-r");
  return flags.join(" ");
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
