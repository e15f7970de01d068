/** `sallyport mirror login` and `logout`. */
import { type Command, Option } from "commander";
import { defined } from "../../base/defined.js";
import type { Target, TargetFlags } from "../../mirror/login/target.js";
import type { LoginTool } from "../../mirror/login/tools.js";
import type { Context, Wrap } from "../context.js";
import { readTarget, targetText, withTargetFlags } from "./target.js";

const TOOLS: readonly LoginTool[] = ["pip", "uv", "poetry", "twine", "npm", "pnpm", "yarn"];

export function registerLogin(mirror: Command, wrap: Wrap): void {
  withTargetFlags(
    mirror
      .command("login")
      .description("set a tool up for the mirror: its own configuration, with a token that ends")
      .addOption(new Option("--tool <tool>", "whose configuration").choices(TOOLS).makeOptionMandatory()),
  )
    .option("--duration <time>", "how long the token lasts: 15m to 12h, or 0 for the role's session (default: 12h)")
    .option("--scope <scope>", "npm, pnpm, yarn: only packages of this scope come from here")
    .option("--name <name>", "uv, poetry, twine: what they call the repository (default: from its name)")
    .addHelpText(
      "after",
      `
Changes only the keys it needs, keeps everything else in the file, and makes it readable by you alone.
"logout" gives back what was there before. The token is nowhere but in the tool's own configuration.

Examples:
  $ sallyport mirror login --tool pip --domain tools --repository team
  $ sallyport mirror login --tool npm --scope @acme          from where private-mirror is deployed
  $ sallyport mirror login --tool uv --duration 0            as long as the session of the role`,
    )
    .action(wrap<[LoginFlags]>(login));

  mirror
    .command("logout")
    .description("give a tool's configuration back as it was before the login")
    .addOption(new Option("--tool <tool>", "whose (default: all)").choices(TOOLS))
    .addHelpText(
      "after",
      `
A file that was changed meanwhile keeps the changes: only the keys of the login are put back.

Examples:
  $ sallyport mirror logout
  $ sallyport mirror logout --tool npm`,
    )
    .action(wrap<[{ tool?: LoginTool }]>(logout));
}

interface LoginFlags extends TargetFlags {
  readonly tool: LoginTool;
  readonly duration?: string;
  readonly scope?: string;
  readonly name?: string;
}

async function login(context: Context, flags: LoginFlags): Promise<void> {
  const errors = await import("../../mirror/login/errors.js");
  const { CodeArtifact } = await import("../../mirror/login/codeartifact.js");
  const { changesFor, formatOf } = await import("../../mirror/login/tools.js");
  const { logIn } = await import("../../mirror/login/login.js");
  const { parseLifetime } = await import("../../mirror/login/target.js");
  const { warningsFor } = await import("./warnings.js");
  const { tool, scope } = flags;
  const seconds = flags.duration === undefined ? undefined : parseLifetime(flags.duration);
  if (scope !== undefined && formatOf(tool) !== "npm") throw errors.scopeOfPython(tool);
  if (scope !== undefined && !/^@[a-z0-9~-][a-z0-9._~-]*$/.test(scope)) throw errors.badScope(scope);
  if (flags.name !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(flags.name)) throw errors.badName(flags.name);
  const target = await readTarget(context, flags);
  const name = flags.name ?? nameFor(tool, target);
  const profile = context.env.AWS_PROFILE;
  const api = new CodeArtifact(target, { signal: context.signal });
  try {
    const [grant, endpoint] = await Promise.all([api.authorize(seconds), api.endpoint(formatOf(tool))]);
    const fixed = await fixedTarget(target, context.env, () => api.region());
    const record = defined({
      id: scope === undefined ? tool : `${tool}:${scope}`,
      tool,
      name,
      target: fixed,
      endpoint,
      issuedAt: grant.issuedAt,
      expiresAt: grant.expiresAt,
      scope,
      profile,
      lifetimeSeconds: seconds,
    });
    const access = defined({ tool, endpoint, token: grant.token, name, scope });
    const files = await logIn(context.env, record, changesFor(access, context.env));
    for (const line of await warningsFor(tool, endpoint, files, context.env)) context.warn(line);
    for (const line of nextSteps(tool, name, endpoint)) context.note(line);
    const { leftText } = await import("../../mirror/login/due.js");
    const expires = new Date(grant.expiresAt).toISOString();
    context.print(defined({ tool, scope, repository: target.repository, endpoint, expires, files }), () =>
      [
        `${tool} now uses ${targetText(fixed)}${scope === undefined ? "" : ` for ${scope}`}`,
        ...files.map((file) => `  wrote ${file}`),
        `  the token ends ${expires} (in ${leftText(grant.expiresAt - Date.now())})`,
      ].join("\n"),
    );
  } finally {
    api.close();
  }
}

/** The region and the endpoint as they are now: a later `refresh`, by a timer say, has another environment. */
async function fixedTarget(target: Target, env: NodeJS.ProcessEnv, region: () => Promise<string>): Promise<Target> {
  const apiUrl = target.apiUrl ?? env.AWS_ENDPOINT_URL_CODEARTIFACT ?? env.AWS_ENDPOINT_URL;
  return { ...target, region: await region(), ...defined({ apiUrl }) };
}

/** twine's is the one that the AWS CLI writes; a dot would be a separator to Poetry. */
function nameFor(tool: LoginTool, { repository }: Target): string {
  return tool === "twine" ? "codeartifact" : repository.replaceAll(".", "-").slice(0, 64);
}

function nextSteps(tool: LoginTool, name: string, endpoint: string): string[] {
  switch (tool) {
    case "poetry":
      return [`in a project: poetry source add ${name} ${endpoint}simple/`, `to publish: poetry publish -r ${name}`];
    case "twine":
      return [`to publish: twine upload -r ${name} dist/*`];
    default:
      return [];
  }
}

async function logout(context: Context, { tool }: { tool?: LoginTool }): Promise<void> {
  const errors = await import("../../mirror/login/errors.js");
  const { readState, stateDir } = await import("../../mirror/login/store.js");
  const { logOut } = await import("../../mirror/login/login.js");
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
