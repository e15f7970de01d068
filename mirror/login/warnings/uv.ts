/** Settings of uv's own files and variables that go past the login's default index. */
import { delimiter, join } from "node:path";
import { parse } from "smol-toml";
import { isTable } from "../edit/toml.js";
import { readable } from "../readable.js";
import { textOf, upward } from "../upward.js";
import { simple } from "../urls.js";
import { has, type LoggedIn, plain, set } from "./logged-in.js";

const BEFORE = "uv takes it before the login's";
const TOO = "uv asks that index too, and first";
const LINKS = "uv takes packages from there too";
const NONE = "uv asks no index, the mirror neither";

export async function uvWarnings(login: LoggedIn): Promise<string[]> {
  const { env, cwd, byVariables = false, endpoint, files } = login;
  const [own = ""] = files;
  const lines = [
    ...(byVariables ? [] : set(env, ["UV_DEFAULT_INDEX", "UV_INDEX_URL"], BEFORE)),
    ...set(env, ["UV_INDEX", "UV_EXTRA_INDEX_URL"], TOO),
    ...set(env, ["UV_FIND_LINKS"], LINKS),
    ...set(env, ["UV_NO_INDEX"], NONE),
    ...(byVariables ? [] : set(env, ["UV_NO_CONFIG"], "uv reads no files, the login's neither")),
  ];
  if (byVariables && env.UV_NO_CONFIG) return lines;
  const found = [{ file: own, table: tableIn(await textOf(own)) }];
  if (env.UV_CONFIG_FILE === undefined || env.UV_CONFIG_FILE === "") {
    const xdg = (env.XDG_CONFIG_DIRS || "/etc/xdg").split(delimiter);
    for (const file of [...xdg, "/etc"].map((dir) => join(dir, "uv", "uv.toml")))
      found.push({ file, table: tableIn(await textOf(file)) });
    found.push(await projectOf(cwd));
  }
  const mirror = simple(endpoint);
  return [
    ...lines,
    ...found.flatMap(({ file, table }) => inTable(file, table, { defaults: !byVariables && file !== own, mirror })),
  ];
}

type Table = Readonly<Record<string, unknown>>;

const tableIn = (text: string): Table => readable(() => parse(text)) ?? {};

/** The nearest of the two files that uv reads in a project; `uv.toml` counts before `[tool.uv]` beside it. */
async function projectOf(cwd: string): Promise<{ file: string; table: Table }> {
  for (const dir of upward(cwd)) {
    const file = join(dir, "uv.toml");
    const text = await textOf(file);
    if (text !== "") return { file, table: tableIn(text) };
    const pyproject = join(dir, "pyproject.toml");
    const tool = tableIn(await textOf(pyproject)).tool;
    if (isTable(tool) && isTable(tool.uv)) return { file: pyproject, table: tool.uv };
  }
  return { file: "", table: {} };
}

/** @param defaults whether a default index in it counts before the mirror. */
function inTable(
  file: string,
  table: Table,
  { defaults, mirror }: { readonly defaults: boolean; readonly mirror: string },
): string[] {
  const lines: string[] = [];
  for (const [at, place] of [[table, ""] as const, [table.pip, "pip."] as const]) {
    if (!isTable(at)) continue;
    const say = (key: string, why: string) => {
      const value = at[key];
      if (value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0))
        lines.push(has(file, `${place}${key}`, why));
    };
    if (defaults) say("index-url", BEFORE);
    say("extra-index-url", TOO);
    say("find-links", LINKS);
    say("no-index", NONE);
  }
  for (const index of Array.isArray(table.index) ? table.index.filter(isTable) : []) {
    // An explicit index is asked only for packages that are pinned to it.
    if (index.explicit === true || plain(index.url) === plain(mirror)) continue;
    const key = `the index ${String(index.name ?? index.url)}`;
    if (index.default !== true) lines.push(has(file, key, TOO));
    else if (defaults) lines.push(has(file, `${key} as its default`, BEFORE));
  }
  return lines;
}
