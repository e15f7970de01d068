/**
 * Poetry's `config.toml` and `auth.toml`: a key of a table such as `[http-basic.team]`. Values are read by a real parser.
 * Other ways to write the same table are left alone; `applySettings` then notices that the value did not change.
 */
import { parse } from "smol-toml";
import { type Editor, ended, eolOf, linesOf, type Value } from "./editor.js";

export const tomlEditor: Editor = {
  get(text, path) {
    let at: unknown = parse(text);
    for (const key of path) at = isTable(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    return typeof at === "string" || typeof at === "boolean" ? at : undefined;
  },
  set(text, path, value) {
    const table = path.slice(0, -1);
    const key = path.at(-1) ?? "";
    const lines = linesOf(text);
    const header = lines.findIndex((line) => sameTable(line, table));
    const eol = eolOf(text);
    const line = (head: string, tail: string) => `${head}${literal(value ?? "")}${tail}${eol}`;
    if (header < 0) {
      if (value === undefined) return text;
      const title = `[${table.map(keyText).join(".")}]${eol}`;
      return `${ended(text, eol)}${text === "" ? "" : eol}${title}${line(`${keyText(key)} = `, "")}`;
    }
    const end = endOf(lines, header);
    for (let index = header + 1; index < end; index++) {
      const pair = pairIn((lines[index] ?? "").replace(/\r?\n$/, ""));
      if (pair === undefined || dotted(pair.key)?.join("\0") !== key) continue;
      lines.splice(index, 1, ...(value === undefined ? [] : [line(pair.head, pair.tail)]));
      const rest = lines.join("");
      return value === undefined ? withoutEmpty(rest, table) : rest;
    }
    if (value === undefined) return text;
    const before = ended(lines.slice(0, end).join(""), eol);
    return `${before}${line(`${keyText(key)} = `, "")}${lines.slice(end).join("")}`;
  },
};

const VALUE = /^(\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*'|true|false)(\s*(?:#.*)?)$/;

/** The key of a line, and what stands before and behind its value. */
function pairIn(line: string): { readonly key: string; readonly head: string; readonly tail: string } | undefined {
  const at = line.indexOf("=");
  const key = line.slice(0, at).trim();
  const [, blanks = "", tail = ""] = VALUE.exec(line.slice(at + 1)) ?? [undefined];
  const isPair = at >= 0 && key !== "" && VALUE.test(line.slice(at + 1));
  return isPair ? { key, head: line.slice(0, at + 1) + blanks, tail } : undefined;
}

export const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** JSON's escapes are valid in TOML, but JSON leaves DEL unescaped. */
export const literal = (value: Value) => JSON.stringify(value).replaceAll("\u007f", "\\u007f");

/** The index after the last line of the table that is no comment. */
export function endOf(lines: readonly string[], header: number): number {
  let end = header + 1;
  for (let index = header + 1; index < lines.length && !/^\s*\[/.test(lines[index] ?? ""); index++)
    if (/^\s*[^\s#]/.test(lines[index] ?? "")) end = index + 1;
  return end;
}

function withoutEmpty(text: string, table: readonly string[]): string {
  const lines = linesOf(text);
  const header = lines.findIndex((line) => sameTable(line, table));
  const next = lines.findIndex((line, index) => index > header && /^\s*\[/.test(line));
  const body = lines.slice(header + 1, next < 0 ? undefined : next);
  if (body.some((line) => line.trim() !== "")) return text;
  const blank = header > 0 && lines[header - 1]?.trim() === "" ? 1 : 0;
  lines.splice(header - blank, 1 + blank);
  return lines.join("");
}

const keyText = (key: string) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key));

function sameTable(line: string, table: readonly string[]): boolean {
  const match = /^\s*\[(?!\[)(.*)\]\s*(?:#.*)?$/.exec(line.trimEnd());
  return match !== null && dotted(match[1] ?? "")?.join("\0") === table.join("\0");
}

function dotted(text: string): string[] | undefined {
  const keys: string[] = [];
  const part = /\s*("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)\s*(\.|$)/y;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    const key = match[1] ?? "";
    keys.push(key.startsWith('"') ? String(JSON.parse(key)) : key.replaceAll("'", ""));
  }
  return keys;
}
