/**
 * Settings that make a tool bypass the mirror, refuse it, or ask another index as well. Each place is looked at that the
 * tool reads: files of the machine, the user, the project and the virtual environment, and variables.
 */
import { readable } from "../readable.js";
import { baseName } from "../scoping/base-name.js";
import { changesFor } from "../tools.js";
import { isLoopbackHttp } from "../urls.js";
import type { LoggedIn } from "./logged-in.js";
import { npmWarnings } from "./npm.js";
import { pipWarnings } from "./pip.js";
import { poetryWarnings, twineWarnings } from "./publishers.js";
import { uvWarnings } from "./uv.js";
import { yarnWarnings } from "./yarn.js";

/** @returns one line each. */
export async function warningsFor(login: LoggedIn): Promise<string[]> {
  return [...new Set([...plainHttp(login), ...(await ofTool(login))])];
}

/**
 * What pip and uv ask beside the mirror although variables name it; the others ask one registry.
 *
 * @param words of the command.
 */
export async function besideMirror(
  words: readonly string[],
  about: Pick<LoggedIn, "endpoint" | "name" | "env" | "cwd">,
): Promise<string[]> {
  const tool = pythonInstaller(words);
  if (tool === undefined) return [];
  const access = { tool, endpoint: about.endpoint, name: about.name, token: "" };
  const files = (readable(() => changesFor(access, about.env)) ?? []).map(({ file }) => file);
  const login = { ...about, tool, scope: undefined, files, byVariables: true };
  return [...new Set(await (tool === "pip" ? pipWarnings : uvWarnings)(login))];
}

function pythonInstaller(words: readonly string[]): "pip" | "uv" | undefined {
  const [program = "", flag, module] = words.map(baseName);
  if (/^uvx?$/.test(program)) return "uv";
  if (/^(?:pip|pipx)[\d.]*$/.test(program)) return "pip";
  return /^python[\d.]*$/.test(program) && flag === "-m" && module === "pip" ? "pip" : undefined;
}

function plainHttp({ tool, endpoint }: LoggedIn): string[] {
  const { protocol, hostname } = new URL(endpoint);
  if (protocol !== "http:" || isLoopbackHttp(endpoint)) return [];
  const lines = [`${endpoint} is plain HTTP: anyone on the way can read the token and change packages`];
  if (tool === "pip") lines.push(`pip ignores an index at plain HTTP unless its trusted-host is ${hostname}`);
  if (tool === "yarn") lines.push(`Yarn 2 and later refuses it unless unsafeHttpWhitelist has ${hostname}`);
  return lines;
}

function ofTool(login: LoggedIn): Promise<string[]> | string[] {
  switch (login.tool) {
    case "pip":
      return pipWarnings(login);
    case "uv":
      return uvWarnings(login);
    case "npm":
    case "pnpm":
      return npmWarnings(login);
    case "yarn":
      return yarnWarnings(login);
    case "poetry":
      return poetryWarnings(login);
    case "twine":
      return twineWarnings(login);
  }
}
