import { shellQuote } from "../text/shell.js";
import { allNodes, type CommandNode } from "./command-node.js";

/** Completion for bash 4 and later. The only command that it runs is `sallyport __hosts`. */
export function bashCompletion(root: CommandNode): string {
  const nodes = allNodes(root);
  const cases = nodes.map(
    (node) => `    ${shellQuote(node.path)})
      commands=${words([...node.children.map(({ name }) => name), ...node.choices])}
      options=${words(node.options.flatMap(({ names }) => names))}
      valued=${words(node.options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names))}
      hosts=${node.takesHost ? "yes" : ""} ;;`,
  );
  const values = nodes.flatMap((node) =>
    node.options
      .filter(({ choices }) => choices !== undefined)
      .flatMap(({ names, choices }) =>
        names.map((name) => `    ${shellQuote(`${node.path} ${name}`)}) values=${words(choices ?? [])} ;;`),
      ),
  );
  return `# bash completion for sallyport: source <(sallyport completion bash)
_sallyport_at() {
  commands= options= valued= hosts=
  case $1 in
${cases.join("\n")}
  esac
}

_sallyport_values() {
  values=
  case $1 in
${values.join("\n")}
    *) ;;
  esac
}

_sallyport() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at=sallyport commands options valued values hosts word value_of= given= i
  COMPREPLY=()
  _sallyport_at "$at"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $value_of ]]; then
      [[ $word == "=" ]] || value_of=
    elif [[ $word == "--" ]]; then
      return
    elif [[ " $valued " == *" $word "* ]]; then
      value_of=$word
    elif [[ $word != -* && " $commands " == *" $word "* ]]; then
      at="$at $word"
      _sallyport_at "$at"
    elif [[ $word != -* ]]; then
      given=yes
    fi
  done
  if [[ -n $value_of ]]; then
    [[ $cur == "=" ]] && cur=
    _sallyport_values "$at $value_of"
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n $commands ]]; then
    compopt +o default +o bashdefault 2>/dev/null
    COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  elif [[ -n $hosts && -z $given ]]; then
    COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" __hosts 2>/dev/null)" -- "$cur"))
  fi
}

complete -o bashdefault -o default -F _sallyport sallyport
`;
}

function words(list: readonly string[]): string {
  return shellQuote(list.join(" "));
}
