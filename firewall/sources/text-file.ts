/** A list in a text file: one address or block per line, with blank lines and `#` comments. */
import type { ListEntry } from "./list-source.js";

export function readTextFile(text: string): ListEntry[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ text: line.replace(/#.*/s, "").trim(), at: `line ${index + 1}` }))
    .filter((entry) => entry.text !== "");
}
