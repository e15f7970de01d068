/** `sallyport mirror login` and `logout`. */
import { type Command, Option } from "commander";
import { defined } from "../../../base/defined.js";
import { type RepositoryFlags, repositoryText } from "../../../mirror/login/repository-ref.js";
import { LOGIN_TOOLS, type LoginTool } from "../../../mirror/login/tool.js";
import type { Context, Wrap } from "../../context.js";
import { readRepository, withRepositoryFlags } from "./repository.js";

export function registerLogin(mirror: Command, wrap: Wrap): void {
  withRepositoryFlags(
    mirror
      .command("login")
      .description("configure a tool to use the mirror, with a token that expires")
      .addOption(new Option("--tool <tool>", "tool to configure").choices(LOGIN_TOOLS).makeOptionMandatory()),
  )
    .option("--duration <time>", "lifetime of the token: 15m to 12h, or 0 for the role's session (default: 12h)")
    .option("--scope <scope>", "npm, pnpm, yarn: use the mirror only for packages of this scope")
    .option("--name <name>", "uv, poetry, twine: name of the repository in the tool (default: from its name)")
    .addHelpText(
      "after",
      `
Changes only the keys it needs, keeps the rest of the file, and makes it readable only by you. "logout"
restores the previous values. The token is stored only in the tool's own configuration.

Examples:
  $ sallyport mirror login --tool pip --domain tools --repository team
  $ sallyport mirror login --tool npm --scope @acme          from where private-mirror is deployed
  $ sallyport mirror login --tool uv --duration 0            as long as the session of the role`,
    )
    .action(wrap<[LoginFlags]>(login));

  mirror
    .command("logout")
    .description("restore a tool's configuration as it was before the login")
    .addOption(new Option("--tool <tool>", "tool to restore (default: all)").choices(LOGIN_TOOLS))
    .addHelpText(
      "after",
      `
Keeps later changes to the file: restores only the keys of the login.

Examples:
  $ sallyport mirror logout
  $ sallyport mirror logout --tool npm`,
    )
    .action(wrap<[{ tool?: LoginTool }]>(logout));
}

interface LoginFlags extends RepositoryFlags {
  readonly tool: LoginTool;
  readonly duration?: string;
  readonly scope?: string;
  readonly name?: string;
}

async function login(context: Context, flags: LoginFlags): Promise<void> {
  const { checkNames, createLogin, nextSteps } = await import("../../../mirror/login/write-login.js");
  const { parseLifetime } = await import("../../../mirror/login/repository-ref.js");
  const { warningsFor } = await import("../../../mirror/login/warnings/warnings.js");
  const { leftText } = await import("../../../mirror/login/due.js");
  const { tool, scope, name } = flags;
  const { env, signal } = context;
  const lifetimeSeconds = flags.duration === undefined ? undefined : parseLifetime(flags.duration);
  checkNames({ tool, scope, name });
  const repository = await readRepository(context, flags);
  const written = await createLogin({ tool, repository, scope, name, lifetimeSeconds }, { env, signal });
  const { files } = written;
  const { endpoint, expiresAt, target } = written.login;
  const about = { tool, endpoint, scope, name: written.login.name, files, env, cwd: context.cwd };
  for (const line of await warningsFor(about)) context.warn(line);
  for (const line of nextSteps(written.login)) context.note(line);
  const expires = new Date(expiresAt).toISOString();
  context.print(defined({ tool, scope, repository: repository.repository, endpoint, expires, files }), () =>
    [
      `${tool} now uses ${repositoryText(target)}${scope === undefined ? "" : ` for ${scope}`}`,
      ...files.map((file) => `  wrote ${file}`),
      `  the token ends ${expires} (in ${leftText(expiresAt - Date.now())})`,
    ].join("\n"),
  );
}

async function logout(context: Context, { tool }: { tool?: LoginTool }): Promise<void> {
  const errors = await import("../../../mirror/login/errors.js");
  const { readState, stateDir } = await import("../../../mirror/login/store.js");
  const { logOut } = await import("../../../mirror/login/log-in.js");
  const state = await readState(stateDir(context.env));
  const ids = Object.values(state.logins)
    .filter((each) => tool === undefined || each.tool === tool)
    .map(({ id }) => id);
  if (ids.length === 0 && tool !== undefined) throw errors.notLoggedIn(tool);
  const files = ids.length === 0 ? [] : await logOut(context.env, ids);
  context.print({ loggedOut: ids, files }, () =>
    ids.length === 0
      ? "there is no login"
      : [`logged out: ${ids.join(", ")}`, ...files.map((file) => `  restored ${file}`)].join("\n"),
  );
}
