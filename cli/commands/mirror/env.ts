/** `sallyport mirror env`. */
import { appendFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { EXIT, Fault } from "../../../base/fault.js";
import { SHELLS, type Shell } from "../../../mirror/login/environment.js";
import type { Context, Wrap } from "../../context.js";
import { type AccessFlags, openMirror } from "./access.js";
import { withRepositoryFlags } from "./repository.js";

export function registerEnv(mirror: Command, wrap: Wrap): void {
  withRepositoryFlags(
    mirror
      .command("env")
      .description("print environment variables for pip, uv, Poetry, twine, npm and Yarn, with the token"),
  )
    .addOption(
      new Option("--format <shell>", "syntax: of a shell, of a GitHub job, or JSON").choices(SHELLS).default("sh"),
    )
    .option("--duration <time>", "lifetime of the token: 15m to 12h, or 0 for the role's session (default: 12h)")
    .addHelpText(
      "after",
      `
The output is a secret. With --format github, the variables go to the file that GITHUB_ENV names, and the
job's log masks the token. Some tools have no variable that sends a token to one registry only. Use "mirror exec",
or for npm put //HOST/npm/REPOSITORY/:_authToken=\${CODEARTIFACT_AUTH_TOKEN} into .npmrc, for Yarn 2 and later
npmAuthToken below npmRegistries into .yarnrc.yml, and write TWINE_PASSWORD="$CODEARTIFACT_AUTH_TOKEN" before twine.

Examples:
  $ eval "$(sallyport mirror env --domain tools --repository team)"
  $ sallyport mirror env --format fish | source
  $ sallyport mirror env --format github --duration 30m`,
    )
    .action(wrap<[EnvFlags]>(printEnv));
}

interface EnvFlags extends AccessFlags {
  readonly format: Shell;
}

async function printEnv(context: Context, flags: EnvFlags): Promise<void> {
  const { githubFile, githubMasks, shellLines, variablesFor } = await import("../../../mirror/login/environment.js");
  const { findOtherSource } = await import("../../../mirror/login/scoping/poetry-source.js");
  const file = context.env.GITHUB_ENV;
  if (flags.format === "github" && !file) throw noGithub();
  const { api, access, grant } = await openMirror(context, flags, ["pypi", "npm"]);
  api.close();
  const other = await findOtherSource(context.cwd, access);
  if (other !== undefined) context.warn(other);
  const variables = variablesFor(access, { otherSource: other !== undefined });
  if (flags.format === "github") {
    // Hidden first: whatever the job prints from here on.
    for (const line of githubMasks(access.token)) context.out(line);
    await appendFile(file ?? "", githubFile(variables));
    return;
  }
  if (process.stdout.isTTY)
    context.warn("the token is on your screen now, and valid for anyone who sees it until it expires");
  if (context.options.json || flags.format === "json")
    context.out(JSON.stringify({ expires: new Date(grant.expiresAt).toISOString(), variables }, null, 2));
  else for (const line of shellLines(variables, flags.format)) context.out(line);
}

const noGithub = () =>
  new Fault("mirror/no-github", "GITHUB_ENV is not set", {
    hint: "--format github is for a step of a GitHub job; elsewhere use --format sh",
    exit: EXIT.usage,
  });
