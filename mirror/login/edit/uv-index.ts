/**
 * An `[[index]]` of `uv.toml`. A path is the index's name, a value its URL. It becomes the default index; uv allows only
 * one.
 */
import { parse } from "smol-toml";
import { type Editor, ended, eolOf, linesOf } from "./editor.js";
import { endOf, isTable, literal } from "./toml.js";

export const uvIndexEditor: Editor = {
  get(text, [name]) {
    const found = indexesOf(text).find((each) => each.name === name);
    return typeof found?.url === "string" ? found.url : undefined;
  },
  set(text, [name = ""], value) {
    const lines = linesOf(text);
    const eol = eolOf(text);
    const block = ["[[index]]", `name = ${literal(name)}`, `url = ${literal(value ?? "")}`, "default = true"];
    const written = block.map((line) => line + eol);
    const headers = lines.flatMap((line, index) => (/^\s*\[\[\s*index\s*\]\]/.test(line) ? [index] : []));
    const header = headers.find((at) => nameIn(lines.slice(at, endOf(lines, at)).join("")) === name);
    if (header !== undefined) {
      const blank = value === undefined && header > 0 && lines[header - 1]?.trim() === "" ? 1 : 0;
      const to = endOf(lines, header);
      lines.splice(header - blank, to - header + blank, ...(value === undefined ? [] : written));
      return lines.join("");
    }
    if (value === undefined) return text;
    return `${ended(text, eol)}${text === "" ? "" : eol}${written.join("")}`;
  },
};

/** The name of another default index. */
export function otherDefault(text: string, name: string): string | undefined {
  const other = indexesOf(text).find((each) => each.default === true && each.name !== name);
  return other === undefined ? undefined : String(other.name ?? other.url);
}

function indexesOf(text: string): Record<string, unknown>[] {
  const index: unknown = parse(text).index;
  return Array.isArray(index) ? index.filter(isTable) : [];
}

const nameIn = (block: string) => indexesOf(block)[0]?.name;
