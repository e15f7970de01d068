/** `sallyport gateway token`. */
import { existsSync } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { errno, quote, usageFaults } from "../../../base/fault.js";
import type { TypedTokenRequest } from "../../../gateway/auth/token-request.js";
import type { Context, Wrap } from "../../context.js";

type TokenFlags = TypedTokenRequest & { readonly key: string; readonly out?: string };

export function registerToken(gateway: Command, wrap: Wrap): void {
  gateway
    .command("token")
    .description("print a new token for a user of a gateway, or write it to a file")
    .requiredOption("--user <name>", "user whom the token identifies")
    .requiredOption("--key <file>", "the gateway's secret (auth.key); created, readable by its owner only, if missing")
    .requiredOption("--issuer <text>", "issuer of the token: the gateway's auth.issuer")
    .option("--scope <scope...>", 'what the token allows: "read", "forward", "admin" (default: read forward)')
    .option("--for <time>", "lifetime of the token: 30m, 8h, 7d", "8h")
    .option("--client-ip <address>", "the only address that may use it")
    .option("--out <file>", "write it to this file, which only its owner can read, instead of printing it")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport gateway token --user ada --client-ip 198.51.100.7 --key gateway.secret --issuer https://gw.example.com --out ada.token
  $ sallyport gateway token --user ops --scope admin --for 1h --key gateway.secret --issuer https://gw.example.com`,
    )
    .action(wrap<[TokenFlags]>(token));
}

async function token(context: Context, flags: TokenFlags): Promise<void> {
  const { parseTokenRequest } = await import("../../../gateway/auth/token-request.js");
  const { issueToken, secretIn } = await import("../../../gateway/auth/issue.js");
  const request = parseTokenRequest(flags);
  const out = flags.out === undefined ? undefined : resolve(context.cwd, flags.out);
  if (out !== undefined) await checkOut(out);
  const file = resolve(context.cwd, flags.key);
  const { secret, made } = await secretIn(file);
  if (made) context.note(`made the secret "${file}": the gateway needs the same file as auth.key`);
  if (request.clientIp === undefined) {
    context.note("bound to no address: only a gateway with auth.require_client_ip: false accepts it");
  }
  const issued = await issueToken(request, secret);
  if (out === undefined) return context.print({ token: issued }, (printed) => printed.token);
  const { replaceFile } = await import("../../../base/fs/atomic.js");
  await replaceFile(out, `${issued}\n`, 0o600);
  context.print({ file: out, user: request.user }, () => `wrote the token of ${request.user} to "${out}"`);
}

const noDirectory = (file: string) =>
  usageFaults("gateway")("out-nowhere", `--out is ${quote(file)}, and there is no such directory`, "make it first");

/** Replaces an older token, and nothing else. */
async function checkOut(file: string): Promise<void> {
  const { tokenIn } = await import("../../../client/gateway/token-store.js");
  try {
    if ((await lstat(file)).isFile()) {
      tokenIn(await readFile(file, "utf8"), quote(file));
      return;
    }
  } catch (error) {
    if (errno(error) === "ENOENT" && existsSync(dirname(file))) return;
    if (errno(error) === "ENOENT") throw noDirectory(file);
  }
  throw usageFaults("gateway")("out-taken", `--out is ${quote(file)}, which holds no token`, "name another file");
}
