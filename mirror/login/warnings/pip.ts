/** Settings of pip's own files and variables that the login's index does not override. */
import { delimiter, join } from "node:path";
import { homeOf } from "../../../base/home.js";
import { iniEditor } from "../edit/ini.js";
import { readable } from "../readable.js";
import type { Environment } from "../tool.js";
import { textOf } from "../upward.js";
import { has, type LoggedIn, set } from "./logged-in.js";

/** Commands that fetch packages, each with a section that counts before [global]. */
const COMMANDS = ["install", "download", "wheel", "index", "lock"];

const BEFORE = "pip takes it before the login's";
/** By key: what pip does because of it, whatever its index is. */
const BESIDE: Readonly<Record<string, string>> = {
  "extra-index-url": "pip asks that index too, and takes the highest version of both",
  "find-links": "pip takes packages from there too, and the highest version of all",
  "no-index": "pip asks no index, the mirror neither",
};

export async function pipWarnings(login: LoggedIn): Promise<string[]> {
  const { env, cwd, byVariables, files } = login;
  const lines = [
    ...(byVariables ? [] : set(env, ["PIP_INDEX_URL", "PIP_PYPI_URL"], BEFORE)),
    ...Object.entries(BESIDE).flatMap(([key, why]) => set(env, [`PIP_${key.toUpperCase().replaceAll("-", "_")}`], why)),
  ];
  for (const { file, later } of env.PIP_CONFIG_FILE === "/dev/null" ? [] : placesOf(files[0], env, cwd)) {
    const text = await textOf(file);
    if (text === "") continue;
    const sections = ["global", ...COMMANDS].filter((section) => section !== "global" || later);
    if (!byVariables) lines.push(...otherIndexes(file, text, sections));
    lines.push(...besideIndex(file, text));
  }
  return lines;
}

const valueIn = (text: string, section: string, key: string) => readable(() => iniEditor.get(text, [section, key]));

/** @param sections that pip takes before the login's. */
function otherIndexes(file: string, text: string, sections: readonly string[]): string[] {
  return sections.flatMap((section) =>
    ["index-url", "pypi-url"]
      .filter((key) => valueIn(text, section, key) !== undefined)
      .map((key) => has(file, `${key} in [${section}]`, BEFORE)),
  );
}

function besideIndex(file: string, text: string): string[] {
  return ["global", ...COMMANDS].flatMap((section) =>
    Object.entries(BESIDE).flatMap(([key, why]) => {
      const value = valueIn(text, section, key) ?? "";
      const off = value === "" || (key === "no-index" && /^(?:0|no|n|false|f|off)$/i.test(String(value)));
      return off ? [] : [has(file, `${key} in [${section}]`, why)];
    }),
  );
}

interface Place {
  readonly file: string;
  readonly later: boolean;
}

/** All files that pip may read, in its order: of the machine, of the user, of the environment that it runs in. */
function placesOf(own = "", env: Environment, cwd: string): Place[] {
  const home = homeOf(env);
  const xdg = (env.XDG_CONFIG_DIRS || "/etc/xdg").split(delimiter).map((dir) => join(dir, "pip"));
  const machine = [...xdg, "/etc", "/Library/Application Support/pip"];
  const named = env.PIP_CONFIG_FILE !== undefined && env.PIP_CONFIG_FILE !== "";
  const user = named ? [] : [join(home, ".pip")];
  const environments = [env.VIRTUAL_ENV, env.CONDA_PREFIX, join(cwd, ".venv"), join(cwd, "venv"), "/usr", "/usr/local"];
  const conf = (dirs: readonly (string | undefined)[]) =>
    dirs.flatMap((dir) => (dir === undefined || dir === "" ? [] : [join(dir, "pip.conf")]));
  return [
    ...conf([...machine, ...user]).map((file) => ({ file, later: false })),
    { file: own, later: false },
    // A file that a variable names counts after those of the environment.
    ...conf(environments).map((file) => ({ file, later: !named })),
  ].filter(({ file }, index, all) => all.findIndex((other) => other.file === file) === index);
}
