/** Settings of Poetry and twine that replace what the login wrote, or that would send its token elsewhere. */
import { join } from "node:path";
import { parse } from "smol-toml";
import { quote } from "../../../base/fault.js";
import { isTable } from "../edit/toml.js";
import { poetryKey } from "../environment.js";
import { readable } from "../readable.js";
import { otherSource } from "../scoping/poetry-source.js";
import { textOf, upward } from "../upward.js";
import { has, type LoggedIn, set } from "./logged-in.js";

const POETRY = "Poetry takes it before the login's";

export async function poetryWarnings({ env, cwd, name, endpoint }: LoggedIn): Promise<string[]> {
  const key = poetryKey(name);
  const lines = [
    ...set(env, [`POETRY_REPOSITORIES_${key}_URL`], POETRY, endpoint),
    ...set(env, [`POETRY_HTTP_BASIC_${key}_USERNAME`, `POETRY_HTTP_BASIC_${key}_PASSWORD`], POETRY),
    ...set(env, [`POETRY_PYPI_TOKEN_${key}`], "Poetry publishes to the mirror with it"),
  ];
  const other = await otherSource(cwd, { name, endpoint });
  if (other !== undefined)
    lines.push(
      `${quote(other.file)} has a source ${quote(other.name)} that is not the mirror: Poetry sends the token there; log in with another --name`,
    );
  for (const dir of upward(cwd)) {
    const file = join(dir, "poetry.toml");
    const text = await textOf(file);
    const table = readable(() => parse(text)) ?? {};
    for (const section of ["repositories", "http-basic", "pypi-token"]) {
      const found = table[section];
      if (isTable(found) && Object.hasOwn(found, name)) lines.push(has(file, `${section}.${name}`, POETRY));
    }
  }
  return lines;
}

export function twineWarnings({ env, endpoint }: LoggedIn): string[] {
  return [
    ...set(env, ["TWINE_REPOSITORY_URL"], "twine publishes there, whatever -r says", endpoint),
    ...set(env, ["TWINE_USERNAME", "TWINE_PASSWORD"], "twine takes it before the login's"),
  ];
}
