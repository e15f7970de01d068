/** The gateway of a command, from its flags, the configuration and the stored tokens. */
import type { Command } from "commander";
import type { GatewayClient } from "../client/gateway/client.js";
import type { Trust } from "../client/tls/trust.js";
import type { Context } from "./context.js";
import { pathFlag } from "./flags.js";

/** vLab renews tokens ten minutes before they expire. This kit does not, so it says so instead. */
const SOON_MS = 600_000;

export interface GatewayFlags {
  readonly gateway?: string;
  readonly cert?: string;
  readonly tokenFile?: string;
}

export function withGatewayFlags(command: Command): Command {
  return command
    .option(
      "--gateway <url>",
      "URL of the gateway, or of vLab's server in front of it (default: gateway_url, else the last login's)",
    )
    .option(
      "--cert <file>",
      "certificate of the gateway or of its CA (default: gateway_cert, else the login's, else public CAs)",
    )
    .option("--token-file <file>", "file of the token (default: gateway_token_file, else the token of portmap login)");
}

/** `https://HOST[:PORT]`. */
export async function gatewayUrl(context: Context, flags: GatewayFlags): Promise<string> {
  const { noGateway } = await import("../client/gateway/errors.js");
  const { gatewayAt } = await import("../client/gateway/client.js");
  const { latestGateway } = await import("../client/gateway/token-store.js");
  const named = flags.gateway ?? (await context.config()).config.gateway_url;
  const url = named ?? (await latestGateway(context.env));
  if (url === undefined) throw noGateway();
  gatewayAt(url);
  return url;
}

/** A client whose token has not expired. Sends nothing yet. */
async function openGateway(context: Context, flags: GatewayFlags): Promise<GatewayClient> {
  const url = await gatewayUrl(context, flags);
  const { GatewayClient } = await import("../client/gateway/client.js");
  return new GatewayClient({
    url,
    trust: await gatewayTrust(context, flags, url),
    token: await tokenFor(context, flags, url),
    signal: context.signal,
    onRetry: (delay) => context.note(`the gateway is busy; retrying in ${(delay / 1000).toFixed(1)} s`),
  });
}

/** What the gateway is verified against: the certificate that is named, else that of the login. */
export async function gatewayTrust(context: Context, flags: GatewayFlags, url: string): Promise<Trust> {
  const { config } = await context.config();
  const { resolveTrust, trustIn } = await import("../client/tls/trust.js");
  const { keptLogin, tokenStoreFile } = await import("../client/gateway/token-store.js");
  const named = pathFlag(flags.cert, context) ?? config.gateway_cert;
  const kept = named === undefined ? (await keptLogin(context.env, url))?.cert : undefined;
  const { trust, warnings } =
    kept === undefined
      ? await resolveTrust(named === undefined ? {} : { ssl_cert_crt: named })
      : trustIn(tokenStoreFile(context.env), kept, new Date());
  for (const warning of warnings) context.warn(warning);
  return trust;
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
  const { keptLogin, readTokenFile, tokenFacts } = await import("../client/gateway/token-store.js");
  const { noToken, tokenExpired } = await import("../client/gateway/errors.js");
  const { config } = await context.config();
  const file = pathFlag(flags.tokenFile, context) ?? config.gateway_token_file;
  const token = file === undefined ? (await keptLogin(context.env, url))?.token : await readTokenFile(file);
  if (token === undefined) throw noToken(url);
  const { expiresAt } = tokenFacts(token);
  if (expiresAt !== undefined && expiresAt <= Date.now()) throw tokenExpired(new Date(expiresAt));
  if (expiresAt !== undefined && expiresAt - Date.now() < SOON_MS) {
    context.note(`the gateway's token expires at ${new Date(expiresAt).toISOString()}`);
  }
  return token;
}
