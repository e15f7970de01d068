/**
 * `.netrc`: words in any layout. A path is the name of a machine, a value its `login X password Y`. A new machine goes
 * before `default`, since programs stop reading there.
 */
import { type Editor, ended, eolOf } from "./editor.js";

interface NetrcToken {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

interface Machine {
  /** Undefined for `default`. */
  readonly name: string | undefined;
  readonly from: number;
  to: number;
  readonly words: string[];
}

export const netrcEditor: Editor = {
  get(text, [name]) {
    return machinesOf(text)
      .find((each) => each.name === name)
      ?.words.join(" ");
  },
  set(text, [name = ""], value) {
    const machines = machinesOf(text);
    const old = machines.find((each) => each.name === name);
    const entry = `machine ${name} ${value}`;
    if (old !== undefined) {
      if (value !== undefined) return text.slice(0, old.from) + entry + text.slice(old.to);
      return text.slice(0, old.from) + text.slice(old.to).replace(/^[^\S\n]*\r?\n/, "");
    }
    if (value === undefined) return text;
    const eol = eolOf(text);
    const place = machines.find((each) => each.name === undefined)?.from ?? text.length;
    return `${ended(text.slice(0, place), eol)}${entry}${eol}${text.slice(place)}`;
  },
};

function machinesOf(text: string): Machine[] {
  const machines: Machine[] = [];
  let inMachine: Machine | undefined;
  const words = wordsOf(text);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as NetrcToken;
    const next = words[index + 1];
    if (word.text === "machine" || word.text === "default") {
      const named = word.text === "machine";
      inMachine = { name: named ? next?.text : undefined, from: word.from, to: word.to, words: [] };
      if (named) inMachine.to = next?.to ?? word.to;
      machines.push(inMachine);
      index += named ? 1 : 0;
    } else if (inMachine !== undefined && ["login", "user", "password", "account"].includes(word.text)) {
      inMachine.words.push(word.text, next?.text ?? "");
      inMachine.to = next?.to ?? word.to;
      index++;
    }
  }
  return machines;
}

/** Without comments (a word that begins with `#` starts one) and macros, which end at an empty line. */
function wordsOf(text: string): NetrcToken[] {
  const words: NetrcToken[] = [];
  const pattern = /(?:^|(?<=\n))[^\S\n]*macdef[\s\S]*?(?:\n\s*\n|$)|"(?:[^"\\]|\\.)*"|\S+/g;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [word] = match;
    const isValue = ["login", "user", "password", "account", "machine"].includes(words.at(-1)?.text ?? "");
    if (/^\s*macdef\s/.test(word)) continue;
    if (word.startsWith("#") && !isValue) {
      const end = text.indexOf("\n", match.index);
      pattern.lastIndex = end < 0 ? text.length : end;
      continue;
    }
    words.push({ text: word, from: match.index, to: match.index + word.length });
  }
  return words;
}
