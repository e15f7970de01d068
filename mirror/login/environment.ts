/** A login as environment variables, and these in the syntax of a shell. Pure. */

import { EXIT, Fault } from "../../base/fault.js";
import { shellQuote } from "../../base/text/shell.js";
import type { PackageFormat } from "../package-format.js";
import { nerfDart, simple, withUser } from "./urls.js";

export interface EnvironmentAccess {
  readonly token: string;
  readonly name: string;
  /** URLs of the packages by format, each ending with a slash. */
  readonly endpoints: Partial<Record<PackageFormat, string>>;
}

export type Variables = Readonly<Record<string, string>>;

export interface VariableOptions {
  /** Whether the Poetry project has a source of the mirror's name that is not the mirror. */
  readonly otherSource: boolean;
}

/**
 * Each tool understands some of them. No tool sends the token to another registry: Yarn 2 and twine would, and get none.
 */
export function variablesFor(
  { token, name, endpoints: { pypi, npm } }: EnvironmentAccess,
  { otherSource }: VariableOptions,
): Variables {
  const upper = poetryKey(name);
  return {
    CODEARTIFACT_AUTH_TOKEN: token,
    ...(pypi === undefined
      ? {}
      : {
          PIP_INDEX_URL: withUser(simple(pypi), token),
          UV_DEFAULT_INDEX: withUser(simple(pypi), token),
          ...(otherSource
            ? {}
            : {
                // Poetry publishes to the URL that its configuration has under that name, unless this names another.
                [`POETRY_REPOSITORIES_${upper}_URL`]: pypi,
                // Poetry would take such a token before the password, and it is another registry's.
                [`POETRY_PYPI_TOKEN_${upper}`]: "",
                [`POETRY_HTTP_BASIC_${upper}_USERNAME`]: "aws",
                [`POETRY_HTTP_BASIC_${upper}_PASSWORD`]: token,
              }),
          TWINE_REPOSITORY_URL: pypi,
          TWINE_USERNAME: "aws",
          // Not the token, which twine would send to the URL of --repository-url. Not unset either: a password of
          // another registry may be set, and would be sent to this one.
          TWINE_PASSWORD: "",
        }),
    ...(npm === undefined
      ? {}
      : {
          npm_config_registry: npm,
          // Since its version 11, pnpm reads no other.
          pnpm_config_registry: npm,
          YARN_NPM_REGISTRY_SERVER: npm,
        }),
  };
}

/** A name as Poetry writes it in its variables. */
export const poetryKey = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");

/** npm's and pnpm's token: shells cannot export a variable of such a name, but a child process can have it. */
export function unexportable({ token, endpoints: { npm } }: EnvironmentAccess): Variables {
  if (npm === undefined) return {};
  return { [`npm_config_${nerfDart(npm)}:_authToken`]: token };
}

export const SHELLS = ["sh", "fish", "powershell", "github", "json"] as const;
export type Shell = (typeof SHELLS)[number];

/** @returns lines for stdout. For `github` see {@link githubFile} and {@link githubMasks}. */
export function shellLines(variables: Variables, shell: Exclude<Shell, "github" | "json">): string[] {
  return Object.entries(variables).map(([name, value]) => WORDS[shell](name, value));
}

const WORDS = {
  sh: (name: string, value: string) => `export ${name}=${shellQuote(value)}`,
  fish: (name: string, value: string) => `set -gx ${name} '${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
  powershell: (name: string, value: string) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
};

/** Lines to append to the file that GITHUB_ENV names. */
export function githubFile(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (/[\r\n]/.test(value)) throw lineBreak(name);
      return `${name}=${value}\n`;
    })
    .join("");
}

/** Commands that make the runner hide the token in the job's log, in both of its spellings. */
export function githubMasks(token: string): string[] {
  return [...new Set([token, encodeURIComponent(token)])].map((secret) => `::add-mask::${secret}`);
}

const lineBreak = (name: string) =>
  new Fault("mirror/line-break", `the value of ${name} has a line break`, { exit: EXIT.failure });
