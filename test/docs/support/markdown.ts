/** What the generated pages share. */

/** A table of Markdown; `|` inside a cell is escaped. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

export const code = (text: string): string => (text === "" ? "" : `\`${text}\``);

/** Descriptions are plain text: what a reader would type is set as code, and other pages become links. */
export function described(text: string): string {
  const typed =
    /https?:\/\/[^\s,;)]*[\w/]|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|(?<![\w/])~?(?:\/[\w{}#=-]+(?:\.\w+)*)+\/?|\d+(?:\.\d+){3}\/\d+|\b[a-z]+(?:_[a-z]+)+\b|(?<!\S)--[a-z-]+|SALLYPORT_\w+/g;
  return text
    .split(/(docs\/[\w/-]+\.md(?:#[\w-]+)?)/)
    .map((part, index) => (index % 2 === 1 ? linkTo(part) : part.replaceAll(typed, (found) => code(found))))
    .join("")
    .replaceAll(/<(?=\w)/g, "&lt;");
}

function linkTo(page: string): string {
  const [, group = "", name = "", anchor = ""] = /^docs\/(\w+)\/([\w-]+)\.md(#.*)?$/.exec(page) ?? [];
  const path = group === "reference" ? `${name}.md` : `../${group}/${name}.md`;
  return `[${name.replaceAll("-", " ")}](${path}${anchor})`;
}
