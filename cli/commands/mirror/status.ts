/** `sallyport mirror status`. */
import type { Command } from "commander";
import { EXIT } from "../../../base/fault.js";
import { repositoryText } from "../../../mirror/login/repository-ref.js";
import type { Context, Wrap } from "../../context.js";

export function registerStatus(mirror: Command, wrap: Wrap): void {
  mirror
    .command("status")
    .description("show the configured tools and when their tokens expire, without any request")
    .addHelpText(
      "after",
      `
Exits with status 1 if a token has expired, or a file has lost the settings of a login.

Examples:
  $ sallyport mirror status
  $ sallyport mirror status --json`,
    )
    .action(wrap<[]>(status));
}

async function status(context: Context): Promise<number> {
  const { readState, stateDir } = await import("../../../mirror/login/store.js");
  const { holds } = await import("../../../mirror/login/log-in.js");
  const { leftText } = await import("../../../mirror/login/due.js");
  const state = await readState(stateDir(context.env));
  const now = Date.now();
  const rows = await Promise.all(
    Object.values(state.logins).map(async (login) => ({
      login: login.id,
      tool: login.tool,
      repository: login.target.repository,
      domain: login.target.domain,
      endpoint: login.endpoint,
      expires: new Date(login.expiresAt).toISOString(),
      secondsLeft: Math.max(0, Math.floor((login.expiresAt - now) / 1000)),
      configured: (await holds(state, login.id)) === "whole",
      shown: [
        login.id.padEnd(10),
        repositoryText(login.target),
        `${leftText(login.expiresAt - now)}${login.expiresAt > now ? " left" : ""}`,
      ],
    })),
  );
  const json = { logins: rows.map(({ shown: _, ...row }) => row) };
  context.print(json, () => {
    if (rows.length === 0) return "there is no login";
    return rows
      .map(({ shown, configured }) => [...shown, ...(configured ? [] : ["changed by somebody else"])].join("  "))
      .join("\n");
  });
  const ended = rows.some(({ secondsLeft }) => secondsLeft === 0);
  if (ended) context.note('renew with "sallyport mirror refresh"');
  if (rows.some(({ configured }) => !configured))
    context.note('set up again with "sallyport mirror login --tool TOOL"');
  return ended || rows.some(({ configured }) => !configured) ? EXIT.failure : EXIT.ok;
}
