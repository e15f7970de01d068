/** `sallyport gateway token`. */
import { resolve } from "node:path";
import type { TypedTokenRequest } from "../../gateway/auth/token-request.js";
import type { Context, Register } from "../context.js";

type TokenFlags = TypedTokenRequest & { readonly key: string };

export const register: Register = (program, wrap) => {
  const gateway = program.command("gateway").description("manage the users of a gateway");
  gateway
    .command("token")
    .description("print a new token for a user of a gateway; it is stored nowhere")
    .requiredOption("--user <name>", "user whom the token identifies")
    .requiredOption("--key <file>", "the gateway's secret (auth.key); created, readable by its owner only, if missing")
    .requiredOption("--issuer <text>", "issuer of the token: the gateway's auth.issuer")
    .option("--scope <scope...>", 'what the token allows: "read", "forward", "admin" (default: read forward)')
    .option("--for <time>", "lifetime of the token: 30m, 8h, 7d", "8h")
    .option("--client-ip <address>", "the only address that may use it")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport gateway token --user ada --client-ip 198.51.100.7 --key gateway.secret --issuer https://gw.example.com
  $ sallyport gateway token --user ops --scope admin --for 1h --key gateway.secret --issuer https://gw.example.com`,
    )
    .action(wrap<[TokenFlags]>(token));
};

async function token(context: Context, flags: TokenFlags): Promise<void> {
  const { parseTokenRequest } = await import("../../gateway/auth/token-request.js");
  const { issueToken, secretIn } = await import("../../gateway/auth/issue.js");
  const request = parseTokenRequest(flags);
  const file = resolve(context.cwd, flags.key);
  const { secret, made } = await secretIn(file);
  if (made) context.note(`made the secret "${file}": the gateway needs the same file as auth.key`);
  if (request.clientIp === undefined) {
    context.note("bound to no address: only a gateway with auth.require_client_ip: false accepts it");
  }
  context.print({ token: await issueToken(request, secret) }, (issued) => issued.token);
}
