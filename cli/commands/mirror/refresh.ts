/** `sallyport mirror refresh`: renews tokens before they expire. */
import { type Command, Option } from "commander";
import { EXIT } from "../../../base/fault.js";
import { LOGIN_TOOLS, type LoginTool } from "../../../mirror/login/tool.js";
import type { Context, Wrap } from "../../context.js";

export function registerRefresh(mirror: Command, wrap: Wrap): void {
  mirror
    .command("refresh")
    .description("renew the tokens that are about to expire")
    .addOption(new Option("--tool <tool>", "tool to renew (default: all)").choices(LOGIN_TOOLS))
    .option("--force", "renew all tokens, due or not")
    .option("--watch", "keep running, and renew each token before it expires")
    .option("--install-timer", "write systemd units for this, and print how to start them")
    .option("--system", "with --install-timer: a system unit that runs as this user")
    .option("--print", "with --install-timer: print the units instead of writing them")
    .addHelpText(
      "after",
      `
A token is due in the last third of its life, at most two hours before its end, and a random while earlier
so that many machines do not ask at once. If AWS refuses, the old token stays and the next run tries again;
--watch retries after half a minute, then less often, up to every quarter of an hour.

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
  if (flags.installTimer) return await timer(context, flags);
  const { refreshDue, watchLogins } = await import("../../../mirror/login/refresh.js");
  const { env, signal } = context;
  const { tool, force } = flags;
  const options = { env, signal, tool, force, onFailure: (text: string) => context.warn(text) };
  if (flags.watch) {
    await watchLogins({
      ...options,
      onRenewed: ({ id, expiresAt }) => context.note(`renewed ${id}: until ${new Date(expiresAt).toISOString()}`),
    });
    return EXIT.ok;
  }
  const refreshed = await refreshDue(options);
  const { renewed, failed } = refreshed;
  context.print(refreshed, () =>
    [
      ...renewed.map(({ login, expires }) => `renewed ${login}: until ${expires}`),
      ...(renewed.length + failed.length === 0 ? ["nothing is due"] : []),
    ].join("\n"),
  );
  return failed.length > 0 ? EXIT.failure : EXIT.ok;
}

async function timer(context: Context, { system = false, print }: RefreshFlags): Promise<number> {
  const { installTimer, timerUnits } = await import("../../../mirror/login/install-timer.js");
  const { env } = context;
  const units = timerUnits({ env, system });
  if (print) {
    context.print(units, () =>
      Object.entries(units)
        .map(([name, text]) => `# ${name}\n${text}`)
        .join("\n"),
    );
    return EXIT.ok;
  }
  const installed = await installTimer(units, { env, system });
  context.print(installed, ({ files, start }) =>
    [...files.map((path) => `wrote ${path}`), `start it: ${start}`].join("\n"),
  );
  if (env.AWS_ACCESS_KEY_ID)
    context.warn(
      "AWS_ACCESS_KEY_ID is set here and will not be there: give the timer a profile, or the machine a role",
    );
  return EXIT.ok;
}
