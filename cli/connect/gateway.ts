/** The gateway that a command talks to, found out from flags, configuration and what was kept. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXIT, Fault, quote } from "../../base/fault.js";
import type { GatewayClient } from "../../client/gateway/client.js";
import type { Context } from "../context.js";

export interface GatewayFlags {
  readonly gateway?: string;
  readonly cert?: string;
  readonly tokenFile?: string;
}

export function withGatewayFlags(command: Command): Command {
  return command
    .option("--gateway <url>", "the gateway, or vLab's server in front of it (default: gateway_url)")
    .option("--cert <file>", "its certificate, or its CA's (default: gateway_cert, else the public CAs)")
    .option("--token-file <file>", "file of its token (default: gateway_token_file, else the one that was kept)");
}

/** Where it is, as https://HOST[:PORT]. */
export async function gatewayUrl(context: Context, flags: GatewayFlags): Promise<string> {
  const { noGateway } = await import("../../client/gateway/errors.js");
  const { gatewayAt } = await import("../../client/gateway/client.js");
  const url = flags.gateway ?? (await context.config()).config.gateway_url;
  if (url === undefined) throw noGateway();
  gatewayAt(url);
  return url;
}

/** A client with a token that has not run out. Nothing is sent yet. */
export async function openGateway(context: Context, flags: GatewayFlags): Promise<GatewayClient> {
  const url = await gatewayUrl(context, flags);
  const { config } = await context.config();
  const { GatewayClient } = await import("../../client/gateway/client.js");
  const { resolveTrust } = await import("../../client/tls/trust.js");
  const cert = flags.cert === undefined ? config.gateway_cert : resolve(context.cwd, flags.cert);
  const { trust, warnings } = await resolveTrust(cert === undefined ? {} : { ssl_cert_crt: cert });
  for (const warning of warnings) context.warn(warning);
  return new GatewayClient({
    url,
    trust,
    token: await tokenFor(context, flags, url),
    signal: context.signal,
    onRetry: (delay) => context.note(`the gateway is busy; asking again in ${(delay / 1000).toFixed(1)} s`),
  });
}

export async function withGateway<T>(
  context: Context,
  flags: GatewayFlags,
  use: (client: GatewayClient) => Promise<T>,
): Promise<T> {
  const client = await openGateway(context, flags);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

async function tokenFor(context: Context, flags: GatewayFlags, url: string): Promise<string> {
  const { keptToken, readTokenFile, tokenFacts } = await import("../../client/gateway/token-store.js");
  const { noToken, tokenExpired } = await import("../../client/gateway/errors.js");
  const { config } = await context.config();
  const file = flags.tokenFile === undefined ? config.gateway_token_file : resolve(context.cwd, flags.tokenFile);
  const token = file === undefined ? await keptToken(context.env, url) : await readTokenFile(file);
  if (token === undefined) throw noToken(url);
  const { expiresAt } = tokenFacts(token);
  if (expiresAt !== undefined && expiresAt <= Date.now()) throw tokenExpired(new Date(expiresAt));
  if (expiresAt !== undefined && expiresAt - Date.now() < SOON_MS) {
    context.note(`the gateway's token expires at ${new Date(expiresAt).toISOString()}`);
  }
  return token;
}

/** vLab renews at ten minutes; here somebody has to, so it is said. */
const SOON_MS = 600_000;

/** A port as typed. */
export function portFlag(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
  throw new Fault("cli/bad-port", `${flag} is ${quote(text)}`, {
    hint: "it must be a port from 1 to 65535",
    exit: EXIT.usage,
  });
}
