/**
 * `.npmrc` and Yarn 1's `.yarnrc`: a key and a value on each line; the last one of a key counts. Values are kept as they
 * are written, `${VARIABLES}` and quotes included.
 */
import { withoutBom } from "../../../base/text/bom.js";
import { type Editor, ended, eolOf, linesOf } from "./editor.js";

interface LineFormat {
  /** @returns undefined for comments and other lines without a key and a value. */
  read(line: string): readonly [key: string, value: string] | undefined;
  write(key: string, value: string): string;
  /** Whether plain keys end at such a line. */
  ends(line: string): boolean;
}

/** npm reads keys before the first section only. `;` and `#` begin comments. */
export const npmrcEditor = lineEditor({
  read(line) {
    const at = line.indexOf("=");
    const key = line.slice(0, at).trim();
    return at < 0 || /^(?:[;#]|$)/.test(key) ? undefined : [key, line.slice(at + 1).trim()];
  },
  write: (key, value) => `${key}=${value}`,
  ends: (line) => /^\s*\[[^\]]*\]\s*$/.test(line),
});

/** Indented lines belong to the key above them and are left alone. */
export const yarnrcEditor = lineEditor({
  read(line) {
    const [start = "", key = ""] = /^("(?:[^"\\]|\\.)*"|[^\s"#]\S*)\s+/.exec(line) ?? [];
    return key === "" ? undefined : [unquoted(key), unquoted(line.slice(start.length).trimEnd())];
  },
  write: (key, value) => `${/^[\w./-]+$/.test(key) ? key : JSON.stringify(key)} ${JSON.stringify(value)}`,
  ends: () => false,
});

function unquoted(word: string): string {
  return /^".*"$/.test(word) ? word.slice(1, -1).replaceAll(/\\(.)/g, "$1") : word;
}

function lineEditor({ read, write, ends }: LineFormat): Editor {
  const bodyOf = (text: string) => {
    const lines = linesOf(text);
    const end = lines.findIndex((line) => ends(stripped(line)));
    return { lines, end: end < 0 ? lines.length : end };
  };
  const indexOf = (lines: readonly string[], end: number, key: string) =>
    lines.slice(0, end).findLastIndex((line) => read(stripped(line))?.[0] === key);
  return {
    get(text, [key = ""]) {
      const { lines, end } = bodyOf(text);
      const index = indexOf(lines, end, key);
      return index < 0 ? undefined : read(stripped(lines[index] ?? ""))?.[1];
    },
    set(text, [key = ""], value) {
      const { lines, end } = bodyOf(text);
      const index = indexOf(lines, end, key);
      const eol = eolOf(text);
      const line = value === undefined ? [] : [write(key, String(value)) + eol];
      if (index >= 0) lines.splice(index, 1, ...line);
      else {
        if (end > 0) lines[end - 1] = value === undefined ? (lines[end - 1] ?? "") : ended(lines[end - 1] ?? "", eol);
        lines.splice(end, 0, ...line);
      }
      return lines.join("");
    },
  };
}

const stripped = (line: string) => withoutBom(line.replace(/\r?\n$/, ""));
