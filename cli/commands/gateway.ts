/** `sallyport gateway token`. */
import { resolve } from "node:path";
import type { Scope } from "../../gateway/auth/caller.js";
import type { Context, Register } from "../context.js";
import * as errors from "../gateway/errors.js";

export const register: Register = (program, wrap) => {
  const gateway = program.command("gateway").description("look after a gateway's users");
  gateway
    .command("token")
    .description("make a token for a user of a gateway; it goes to stdout and nowhere else")
    .requiredOption("--user <name>", "whom it stands for")
    .requiredOption("--key <file>", "the gateway's secret (auth.key); made, readable by its owner only, if missing")
    .requiredOption("--issuer <text>", "who makes it: the gateway's auth.issuer")
    .option("--scope <scope...>", 'what it allows: "read", "forward", "admin" (default: read forward)')
    .option("--for <time>", "how long it lasts: 30m, 8h, 7d", "8h")
    .option("--client-ip <address>", "the only address that it may be used from")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport gateway token --user ada --client-ip 198.51.100.7 --key gateway.secret --issuer https://gw.example.com
  $ sallyport gateway token --user ops --scope admin --for 1h --key gateway.secret --issuer https://gw.example.com`,
    )
    .action(wrap<[TokenFlags]>(token));
};

interface TokenFlags {
  readonly user: string;
  readonly key: string;
  readonly issuer: string;
  readonly scope?: string[];
  readonly for: string;
  readonly clientIp?: string;
}

async function token(context: Context, flags: TokenFlags): Promise<void> {
  const { isIP } = await import("node:net");
  const { SCOPES, USER_NAME } = await import("../../gateway/auth/caller.js");
  const { issueToken, secretIn } = await import("../../gateway/auth/issue.js");
  const { parseDuration } = await import("../../base/text/duration.js");
  if (!USER_NAME.test(flags.user)) throw errors.badUser(flags.user);
  // "--scope read forward", "--scope read --scope forward" and "--scope 'read forward'" are the same.
  const words = (flags.scope ?? ["read", "forward"])
    .flatMap((each) => each.split(/[ ,]+/))
    .filter((word) => word !== "");
  const wrong = words.find((word) => !SCOPES.some((scope) => scope === word));
  if (wrong !== undefined || words.length === 0) throw errors.badScope(wrong ?? "", SCOPES);
  const { clientIp } = flags;
  if (clientIp !== undefined && isIP(clientIp) === 0) throw errors.badAddress(clientIp);
  const lifeMs = parseDuration(flags.for);
  const file = resolve(context.cwd, flags.key);
  const { secret, made } = await secretIn(file);
  if (made) context.note(`made the secret "${file}": the gateway needs the same file as auth.key`);
  if (clientIp === undefined) {
    context.note("not bound to an address: only a gateway with auth.require_client_ip: false takes it");
  }
  const scopes = SCOPES.filter((scope) => words.includes(scope)) as Scope[];
  const bound = clientIp === undefined ? {} : { clientIp };
  const text = await issueToken({ issuer: flags.issuer, user: flags.user, scopes, lifeMs, ...bound }, secret);
  context.print({ token: text }, ({ token }) => token);
}
