/**
 * `pip.conf` and `.pypirc`, as Python's configparser reads them: sections, `key = value` or `key: value`, values that
 * continue on indented lines, comments only on lines of their own.
 *
 * A path is section and key. With a third part it is one word of a list, such as a server in `index-servers`; the other
 * words stay.
 */
import { withoutBom } from "../../../base/text/bom.js";
import { type Editor, ended, eolOf, type KeyPath, linesOf, type Value } from "./editor.js";

interface Option {
  readonly section: string;
  readonly key: string;
  /** What stands before the value: the key as written, and its delimiter. */
  readonly head: string;
  readonly value: string;
  /** Lines `from` to before `to`. */
  readonly from: number;
  readonly to: number;
}

interface Section {
  readonly name: string;
  readonly line: number;
  /** Behind its last line that says something. */
  end: number;
}

export const iniEditor: Editor = {
  get(text, path) {
    const { options } = parse(text);
    const value = find(options, path)?.value;
    const [, , word] = path;
    if (word === undefined || value === undefined) return value;
    return wordsOf(value).includes(word) ? word : undefined;
  },
  set(text, path, value) {
    const [section = "", key = "", word] = path;
    if (word === undefined) return setOption(text, section, key, value);
    const before = find(parse(text).options, path)?.value;
    const others = wordsOf(before ?? "").filter((each) => each !== word);
    const words = value === undefined ? others : [...others, word];
    return setOption(text, section, key, words.length === 0 ? undefined : ["", ...words].join("\n"));
  },
};

/** pip takes `index_url` and `--index-url` for the same. */
const normal = (key: string) => key.trim().toLowerCase().replace(/^--/, "").replaceAll("_", "-");

const wordsOf = (value: string) => value.split(/\s+/).filter((word) => word !== "");

function find(options: readonly Option[], [section = "", key = ""]: KeyPath): Option | undefined {
  return options.find((each) => each.section === section && each.key === normal(key));
}

function setOption(text: string, section: string, key: string, value: Value | undefined): string {
  const { options, sections } = parse(text);
  const lines = linesOf(text);
  const eol = eolOf(text);
  const option = find(options, [section, key]);
  const written = (head: string) =>
    `${head}${String(value).replaceAll("\n", `${eol}    `)}${eol}`.replace(/ +(?=\r?\n)/, "");
  if (option !== undefined) {
    const replaced = value === undefined ? [] : [written(option.head)];
    lines.splice(option.from, option.to - option.from, ...replaced);
    const rest = lines.join("");
    return value === undefined ? withoutEmpty(rest, section) : rest;
  }
  if (value === undefined) return text;
  const place = sections.find(({ name }) => name === section);
  if (place === undefined)
    return `${ended(text, eol)}${text === "" ? "" : eol}[${section}]${eol}${written(`${key} = `)}`;
  const before = ended(lines.slice(0, place.end).join(""), eol);
  return `${before}${written(`${key} = `)}${lines.slice(place.end).join("")}`;
}

function withoutEmpty(text: string, name: string): string {
  const section = parse(text).sections.find((each) => each.name === name);
  if (section === undefined || section.end > section.line + 1) return text;
  const lines = linesOf(text);
  const blankBefore = section.line > 0 && lines[section.line - 1]?.trim() === "" ? 1 : 0;
  lines.splice(section.line - blankBefore, 1 + blankBefore);
  return lines.join("");
}

function parse(text: string): { options: readonly Option[]; sections: readonly Section[] } {
  const options: Option[] = [];
  const sections: Section[] = [];
  let open: { option: Option; indent: number; values: string[] } | undefined;
  const close = () => {
    if (open !== undefined) options.push({ ...open.option, value: open.values.join("\n").trimEnd() });
    open = undefined;
  };
  for (const [index, line] of linesOf(text).entries()) {
    const content = withoutBom(line).trim();
    const section = sections.at(-1);
    if (/^[#;]/.test(content)) {
      if (section !== undefined) section.end = index + 1;
      continue;
    }
    if (content === "") {
      open?.values.push("");
      continue;
    }
    const indent = line.search(/\S/);
    if (open !== undefined && indent > open.indent) {
      open.values.push(content);
      open.option = { ...open.option, to: index + 1 };
      if (section !== undefined) section.end = index + 1;
      continue;
    }
    close();
    const header = /^\[(.+?)\]/.exec(content);
    if (header !== null) {
      sections.push({ name: header[1] ?? "", line: index, end: index + 1 });
      continue;
    }
    const at = line.search(/[=:]/);
    const name = line.slice(0, at).trim();
    if (at < 0 || name === "" || section === undefined) {
      throw Object.assign(new Error("no key and value"), { line: index + 1 });
    }
    section.end = index + 1;
    const blanks = /^[^\S\r\n]*/.exec(line.slice(at + 1))?.[0] ?? "";
    const head = line.slice(0, at + 1) + blanks;
    const option = { section: section.name, key: normal(name), head, value: "", from: index, to: index + 1 };
    open = { option, indent, values: [line.slice(head.length).trimEnd()] };
  }
  close();
  return { options, sections };
}
