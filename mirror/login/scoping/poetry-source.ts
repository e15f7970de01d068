/** Poetry sends the token to the source that has the mirror's name, wherever that is. */
import { join } from "node:path";
import { parse } from "smol-toml";
import { quote } from "../../../base/fault.js";
import { isTable } from "../edit/toml.js";
import { type EnvironmentAccess, poetryKey } from "../environment.js";
import { textOf, upward } from "../upward.js";

/** @returns a warning if a project around `cwd` has a source of the mirror's name at another URL. */
export async function findOtherSource(
  cwd: string,
  { name, endpoints: { pypi } }: EnvironmentAccess,
): Promise<string | undefined> {
  const other = pypi === undefined ? undefined : await otherSource(cwd, { name, endpoint: pypi });
  if (other === undefined) return undefined;
  return `${quote(other.file)} has a source ${quote(other.name)} that is not the mirror: Poetry gets no token`;
}

/** The source of the mirror's name that is at another URL, and the file that has it. */
export async function otherSource(
  cwd: string,
  { name, endpoint }: { readonly name: string; readonly endpoint: string },
): Promise<{ readonly file: string; readonly name: string } | undefined> {
  for (const dir of upward(cwd)) {
    const file = join(dir, "pyproject.toml");
    const other = sourcesOf(await textOf(file)).find(
      (source) => poetryKey(source.name) === poetryKey(name) && !source.url.startsWith(endpoint),
    );
    if (other !== undefined) return { file, name: other.name };
  }
  return undefined;
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
