/** `sallyport addresses list|serve`: the public addresses of the hosts, for the firewalls of others. */
import { resolve } from "node:path";
import { untilAborted } from "../../base/async/until-aborted.js";
import { EXIT } from "../../base/fault.js";
import { escapeControls } from "../../base/text/escape.js";
import type { AddressList } from "../../firewall/address-api/address-list.js";
import type { AccessEntry } from "../../http/server/access-log.js";
import type { KeyPair } from "../../http/server/tls.js";
import type { Context, Register } from "../context.js";

interface ServeFlags {
  readonly listen: string;
  /** False with `--no-tls`. */
  readonly tls: boolean;
  readonly tokenFile?: string;
}

/** Many clients may follow one stack, so each reading of the state serves all for this long. */
const MAX_AGE_MS = 5_000;

export const register: Register = (program, wrap) => {
  const addresses = program
    .command("addresses")
    .description("publish the public addresses of the hosts, for the firewalls of others");
  addresses
    .command("list")
    .description("print the public addresses of the deployed hosts")
    .addHelpText(
      "after",
      "\nExamples:\n  $ sallyport addresses list\n  $ sallyport addresses list --json > addresses.json",
    )
    .action(wrap<[]>(list));
  addresses
    .command("serve")
    .description("serve them at GET /api/cluster/ip-addresses")
    .option("--listen <host:port>", "address to listen on", "[::]:8443")
    .option("--no-tls", "plain HTTP, for a proxy on the same machine")
    .option(
      "--token-file <file>",
      "file of the bearer token that clients must send; created if missing (default: none)",
    )
    .addHelpText(
      "after",
      `
Uses the deployment's certificate (ssl_cert_crt). Reads the deployment at most every ${MAX_AGE_MS / 1000} s. Without a
deployment it answers 503, so that followers of the list leave their rules as they are. Without
--token-file, every client that reaches the port gets the list.

Examples:
  $ sallyport addresses serve
  $ sallyport addresses serve --listen 127.0.0.1:8480 --no-tls
  $ sallyport addresses serve --token-file ~/.ssh/addresses.token

on the other side:
  $ sallyport firewall sync --source faculty:https://198.51.100.4:8443 --source-cert sallyport.crt \\
      --token-file addresses.token --group sg-0a1b --port 5432`,
    )
    .action(wrap<[ServeFlags]>(serveAddresses));
};

async function list(context: Context): Promise<void> {
  context.print(await addressesOf(context), ({ ipAddresses }) => ipAddresses.join("\n"));
}

async function serveAddresses(context: Context, flags: ServeFlags): Promise<number> {
  const { parseListen } = await import("../../http/server/listen-address.js");
  const at = parseListen(flags.listen);
  const { handleAddresses } = await import("../../firewall/address-api/handle.js");
  const { cached } = await import("../../base/async/cached.js");
  const { serve } = await import("../../http/server/serve.js");
  const pair = flags.tls ? await deployedPair(context) : undefined;
  const authenticate = await authenticator(context, flags.tokenFile);
  const read = cached(MAX_AGE_MS, () => addressesOf(context));
  const server = await serve({
    at,
    pair,
    handle: handleAddresses(authenticate, read),
    log: (entry) => tell(context, entry),
  });
  context.print({ url: server.url }, ({ url }) => `serving ${url}/api/cluster/ip-addresses`);
  try {
    await untilAborted(context.signal);
  } finally {
    await server.close();
  }
  return EXIT.ok;
}

async function addressesOf(context: Context): Promise<AddressList> {
  const { readDeployed } = await import("../../stacks/lifecycle/deployed.js");
  const { addressList } = await import("../../firewall/address-api/address-list.js");
  return addressList((await readDeployed(await context.config(), context.signal)).hosts);
}

async function deployedPair(context: Context): Promise<KeyPair> {
  const { config } = await context.config();
  const { ssl_cert_crt: cert, ssl_cert_key: key } = config;
  if (cert === false) {
    const { httpsDisabled } = await import("../../certs/errors.js");
    throw httpsDisabled();
  }
  const { readPrivate } = await import("../../certs/files.js");
  const { ensureCertificate } = await import("../../certs/store.js");
  const { checkPair } = await import("../../http/server/tls.js");
  const { pem } = await ensureCertificate({ crt: cert, key, generate: false });
  const pair = { cert: pem, key: await readPrivate("private key", key, "deploy once to have it made") };
  checkPair(pair, { cert, key });
  return pair;
}

async function authenticator(context: Context, tokenFile: string | undefined) {
  const { authenticateAnyone, authenticateBearer } = await import("../../http/headers/bearer.js");
  if (tokenFile === undefined) return authenticateAnyone;
  const { ensureToken, readToken } = await import("../../certs/token.js");
  const { path, created } = await ensureToken(resolve(context.cwd, tokenFile));
  if (created) context.note(`made the token ${path}`);
  return authenticateBearer(await readToken(path));
}

function tell(context: Context, { remote, method, path, status, who, cause }: AccessEntry): void {
  const why = cause === undefined ? "" : ` ${cause}`;
  context.note(escapeControls(`${new Date().toISOString()} ${remote} ${who} ${method} ${path} ${status}${why}`));
}
