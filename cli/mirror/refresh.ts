/** `sallyport mirror refresh`: new tokens ahead of the end of the old ones. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import { defined } from "../../base/defined.js";
import type { Login } from "../../mirror/login/store.js";
import type { LoginTool } from "../../mirror/login/tools.js";
import type { Context, Wrap } from "../context.js";

const TOOLS: readonly LoginTool[] = ["pip", "uv", "poetry", "twine", "npm", "pnpm", "yarn"];

export function registerRefresh(mirror: Command, wrap: Wrap): void {
  mirror
    .command("refresh")
    .description("renew the tokens of logins that are about to end")
    .addOption(new Option("--tool <tool>", "whose (default: all)").choices(TOOLS))
    .option("--force", "renew also what is not due")
    .option("--watch", "stay, and renew each token ahead of its end")
    .option("--install-timer", "write systemd units that do this, and say how to start them")
    .option("--system", "with --install-timer: for the system, to run as this user")
    .option("--print", "with --install-timer: print the units in place of writing them")
    .addHelpText(
      "after",
      `
A token is due in the last third of its life, at most two hours ahead, and a little earlier by chance so
that many machines do not ask together. Where AWS refuses, the old token stays; the next run tries again,
--watch after half a minute, then ever later up to a quarter of an hour.

Examples:
  $ sallyport mirror refresh                       what is due, once
  $ sallyport mirror refresh --watch               in a container, beside the work
  $ sallyport mirror refresh --install-timer       systemd, for this user`,
    )
    .action(wrap<[RefreshFlags]>(refresh));
}

interface RefreshFlags {
  readonly tool?: LoginTool;
  readonly force?: boolean;
  readonly watch?: boolean;
  readonly installTimer?: boolean;
  readonly system?: boolean;
  readonly print?: boolean;
}

async function refresh(context: Context, flags: RefreshFlags): Promise<number> {
  if (flags.installTimer) {
    const { installTimer } = await import("./timer.js");
    await installTimer(context, { system: flags.system === true, print: flags.print === true });
    return 0;
  }
  if (flags.watch) return await watch(context, flags);
  const errors = await import("../../mirror/login/errors.js");
  const { chanceOf, dueAt } = await import("../../mirror/login/due.js");
  const logins = await loginsOf(context, flags.tool);
  if (logins.length === 0) throw errors.notLoggedIn(flags.tool);
  const now = Date.now();
  const due = logins.filter((login) => flags.force || now >= dueAt(login, chanceOf(`${login.id} ${login.issuedAt}`)));
  const renewed: { login: string; expires: string }[] = [];
  const failed: { login: string; message: string }[] = [];
  for (const login of due) {
    try {
      renewed.push({ login: login.id, expires: new Date(await renew(context, login)).toISOString() });
    } catch (error) {
      context.signal.throwIfAborted();
      failed.push({ login: login.id, message: told(context, login, error) });
    }
  }
  context.print({ renewed, failed, kept: logins.length - due.length }, () =>
    [
      ...renewed.map(({ login, expires }) => `renewed ${login}: until ${expires}`),
      ...(due.length === 0 ? ["nothing is due"] : []),
    ].join("\n"),
  );
  return failed.length > 0 ? 1 : 0;
}

async function loginsOf(context: Context, tool: LoginTool | undefined): Promise<Login[]> {
  const { readState, stateDir } = await import("../../mirror/login/store.js");
  const { logins } = await readState(stateDir(context.env));
  return Object.values(logins).filter((each) => tool === undefined || each.tool === tool);
}

/** @returns when the new token ends. */
async function renew(context: Context, login: Login): Promise<number> {
  const { CodeArtifact } = await import("../../mirror/login/codeartifact.js");
  const { changesFor, formatOf } = await import("../../mirror/login/tools.js");
  const { logIn } = await import("../../mirror/login/login.js");
  const { profile, tool, name, scope } = login;
  const api = new CodeArtifact(login.target, defined({ signal: context.signal, profile }));
  try {
    const [grant, endpoint] = await Promise.all([api.authorize(login.lifetimeSeconds), api.endpoint(formatOf(tool))]);
    const record = { ...login, endpoint, issuedAt: grant.issuedAt, expiresAt: grant.expiresAt };
    const access = defined({ tool, endpoint, token: grant.token, name, scope });
    await logIn(context.env, record, changesFor(access, context.env));
    return grant.expiresAt;
  } finally {
    api.close();
  }
}

function told(context: Context, login: Login, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof Error && "hint" in error && error.hint !== undefined ? `; ${error.hint}` : "";
  const until = new Date(login.expiresAt).toISOString();
  const old = login.expiresAt > Date.now() ? `the old token stays, until ${until}` : `the old token ended ${until}`;
  context.warn(`${login.id} was not renewed: ${message}${hint}; ${old}`);
  return message;
}

/** Looks again at least this often: somebody may have logged in or out meanwhile. */
const LOOK_MS = 60_000;

async function watch(context: Context, { tool, force }: RefreshFlags): Promise<number> {
  const { chanceOf, dueAt, retryAfter } = await import("../../mirror/login/due.js");
  const waits = new Map<string, { failures: number; notBefore: number }>();
  let all = force === true;
  while (!context.signal.aborted) {
    const logins = await loginsOf(context, tool);
    let next = Date.now() + LOOK_MS;
    for (const login of logins) {
      const key = `${login.id} ${login.issuedAt}`;
      const wait = waits.get(login.id);
      const at = all ? 0 : Math.max(dueAt(login, chanceOf(key)), wait?.notBefore ?? 0);
      if (Date.now() < at) {
        next = Math.min(next, at);
        continue;
      }
      try {
        const until = await renew(context, login);
        waits.delete(login.id);
        context.note(`renewed ${login.id}: until ${new Date(until).toISOString()}`);
      } catch (error) {
        if (context.signal.aborted) break;
        told(context, login, error);
        const failures = (wait?.failures ?? 0) + 1;
        const notBefore = Date.now() + retryAfter(failures, Math.random());
        waits.set(login.id, { failures, notBefore });
        next = Math.min(next, notBefore);
      }
    }
    all = false;
    await sleep(Math.max(next - Date.now(), 1000), undefined, { signal: context.signal }).catch(() => undefined);
  }
  return 0;
}
