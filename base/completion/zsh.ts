import { shellQuote } from "../text/shell.js";
import { allNodes, type CommandNode, type OptionNode } from "./command-node.js";

/** Completion for zsh: source it after compinit, or put it in $fpath as `_sallyport`. */
export function zshCompletion(root: CommandNode): string {
  const cases = allNodes(root).map(
    (node) => `    ${shellQuote(node.path)})
      commands=(${[...node.children.map(({ name, description }) => described(name, description)), ...node.choices.map(shellQuote)].join(" ")})
      options=(${node.options.flatMap(optionWords).join(" ")})
      valued=(${node.options
        .filter(({ takesValue }) => takesValue)
        .flatMap(quotedNames)
        .join(" ")})
      hosts=${node.takesHost ? "yes" : ""} ;;`,
  );
  const values = allNodes(root).flatMap((node) =>
    node.options
      .filter(({ choices }) => choices !== undefined)
      .flatMap(({ names, choices = [] }) =>
        names.map(
          (name) => `    ${shellQuote(`${node.path} ${name}`)}) values=(${choices.map(shellQuote).join(" ")}) ;;`,
        ),
      ),
  );
  return `#compdef sallyport
# zsh completion for sallyport: source <(sallyport completion zsh)
_sallyport_at() {
  commands=() options=() valued=() hosts=
  case $1 in
${cases.join("\n")}
  esac
}

_sallyport_values() {
  values=()
  case $1 in
${values.join("\n")}
  esac
}

_sallyport() {
  local at=sallyport word value_of= hosts= given=
  local -a commands options valued values
  integer i
  _sallyport_at $at
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $value_of ]]; then
      value_of=
    elif [[ $word == -- ]]; then
      _files
      return
    elif (( $valued[(Ie)$word] )); then
      value_of=$word
    elif [[ $word != -* && -n \${(M)commands:#(\${(b)word}|\${(b)word}:*)} ]]; then
      at="$at $word"
      _sallyport_at $at
    elif [[ $word != -* ]]; then
      given=yes
    fi
  done
  if [[ -n $value_of ]]; then
    _sallyport_values "$at $value_of"
    if (( $#values )); then compadd -a values; else _files; fi
  elif [[ $words[CURRENT] == -* ]]; then
    _describe -o option options
  elif (( $#commands )); then
    _describe command commands
  elif [[ -n $hosts && -z $given ]]; then
    compadd -- \${(f)"$($words[1] __hosts 2>/dev/null)"}
  else
    _files
  fi
}

if [[ $funcstack[1] == _sallyport ]]; then _sallyport "$@"; else compdef _sallyport sallyport; fi
`;
}

/** `_describe` splits a word from its description at the first colon. */
function described(word: string, description: string): string {
  return shellQuote(`${word.replaceAll(":", "\\:")}:${description}`);
}

function optionWords({ names, description }: OptionNode): string[] {
  return names.map((name) => described(name, description));
}

function quotedNames({ names }: OptionNode): string[] {
  return names.map(shellQuote);
}
