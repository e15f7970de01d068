/** What the warnings of all tools need to know of a login. */
import { quote } from "../../../base/fault.js";
import type { Environment, LoginTool } from "../tool.js";

export interface LoggedIn {
  readonly tool: LoginTool;
  readonly endpoint: string;
  /** npm, pnpm, Yarn: `@acme` */
  readonly scope: string | undefined;
  /** The repository's name in the tool's configuration. */
  readonly name: string;
  /** The files that the login wrote. */
  readonly files: readonly string[];
  readonly env: Environment;
  /** Whether variables name the mirror, as for `exec`: they count before all files. @default false */
  readonly byVariables?: boolean;
  /** Where the command was run: projects are looked for there and above. */
  readonly cwd: string;
}

/** Without the difference that the end of a URL makes. */
export const plain = (url: unknown) => String(url).replace(/\/$/, "");

/** A warning for each of these variables that is set, and not to what the login says as well. */
export function set(env: Environment, names: readonly string[], why: string, same?: string): string[] {
  return names
    .filter((name) => env[name] !== undefined && env[name] !== "" && plain(env[name]) !== plain(same))
    .map((name) => `${name} is set: ${why}`);
}

export const has = (file: string, key: string, why: string) => `${quote(file)} has ${key}: ${why}`;
