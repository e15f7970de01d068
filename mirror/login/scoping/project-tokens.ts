/** Tokens in the `.yarnrc.yml` of a project: Yarn 2 and later prefers them to the login's, and sends them to the mirror. */
import { join } from "node:path";
import { quote } from "../../../base/fault.js";
import type { Environment } from "../tool.js";
import { textOf, upward } from "../upward.js";
import { foreignTokens } from "./berry-tokens.js";

export interface YarnProject {
  readonly cwd: string;
  readonly endpoint: string;
  readonly scope: string | undefined;
  /** The files of the login, which have no such token any more. */
  readonly files: readonly string[];
  readonly env: Environment;
}

/** @returns a warning for each file around `cwd` with such a token. */
export async function projectTokens({ cwd, endpoint, scope, files, env }: YarnProject): Promise<string[]> {
  const lines: string[] = [];
  for (const dir of upward(cwd)) {
    const file = join(dir, env.YARN_RC_FILENAME || ".yarnrc.yml");
    const text = files.includes(file) ? "" : await textOf(file);
    for (const path of found(text, { endpoint, scope }))
      lines.push(`${quote(file)} has ${path.join(".")}, which Yarn sends to the mirror: move it to npmRegistries`);
  }
  return lines;
}

function found(text: string, access: Parameters<typeof foreignTokens>[0]) {
  try {
    return foreignTokens(access, text);
  } catch {
    // Yarn refuses the file too.
    return [];
  }
}
