/** Poetry sends the token to the source that has the mirror's name, wherever that is. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { quote } from "../../../base/fault.js";
import { isTable } from "../edit/toml.js";
import { type EnvironmentAccess, poetryKey } from "../environment.js";

/** @returns a warning if a project around `cwd` has a source of the mirror's name at another URL. */
export async function findOtherSource(
  cwd: string,
  { name, endpoints: { pypi } }: EnvironmentAccess,
): Promise<string | undefined> {
  if (pypi === undefined) return undefined;
  for (let dir = cwd; ; dir = dirname(dir)) {
    const file = join(dir, "pyproject.toml");
    const text = await readFile(file, "utf8").catch(() => "");
    const other = sourcesOf(text).find(
      (source) => poetryKey(source.name) === poetryKey(name) && !source.url.startsWith(pypi),
    );
    if (other !== undefined)
      return `${quote(file)} has a source ${quote(other.name)} that is not the mirror: Poetry gets no token`;
    if (dirname(dir) === dir) return undefined;
  }
}

function sourcesOf(text: string): { name: string; url: string }[] {
  const tool = safelyParsed(text).tool;
  const poetry = isTable(tool) ? tool.poetry : undefined;
  const sources: unknown = isTable(poetry) ? poetry.source : undefined;
  return (Array.isArray(sources) ? sources : []).flatMap((source: unknown) =>
    isTable(source) ? [{ name: String(source.name ?? ""), url: String(source.url ?? "") }] : [],
  );
}

function safelyParsed(text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch {
    // Poetry does not read it either.
    return {};
  }
}
