/** HOST as a user writes it: the name of a deployed host, or an address; and what to meet it with. */
import { isIP } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { defined } from "../base/defined.js";
import { EXIT, Fault, quote } from "../base/fault.js";
import type { AgentClient } from "../client/agent/agent-client.js";
import type { Trust, TrustOptions } from "../client/tls/trust.js";
import type { LoadedConfig } from "../config/load.js";
import type { DeployedHost } from "../stacks/accelerator-hosts/outputs.js";
import type { Context } from "./context.js";

/** The flags of every command that talks to an agent; see {@link withHostFlags}. */
export interface HostFlags {
  readonly cert?: string;
  /** False with `--no-tls`. */
  readonly tls: boolean;
  readonly tokenFile?: string;
  readonly port?: string;
}

export interface HostTarget {
  /** As the user wrote it. */
  readonly name: string;
  readonly address: string;
  /** Undefined means the usual port. */
  readonly port: number | undefined;
  readonly trust: Trust;
  readonly token: string | undefined;
  readonly sshUser: string;
  /** The name under which the SSH host keys are kept: it outlives a change of address. */
  readonly hostKeyAlias: string;
}

export interface RemotePath {
  readonly host: string;
  /** Undefined where only a host was written. */
  readonly path: string | undefined;
}

export function withHostFlags(command: Command): Command {
  return command
    .option("--cert <file>", "certificate to verify the host against (default: ssl_cert_crt)")
    .option("--no-tls", "plain HTTP, for a host that was deployed without a certificate")
    .option("--token-file <file>", "file of the agent's token (default: auth_token_file)")
    .option("--port <number>", "port of the agent (default: 443, or 80 with --no-tls)");
}

/** Splits `HOST`, `HOST:PORT`, `[IPV6]:PORT`, each with `:DIR/PATH` behind it. Pure. */
export function parseRemote(text: string): RemotePath & { readonly port: number | undefined } {
  if (isIP(text) === 6) return { host: text, port: undefined, path: undefined };
  const parts = /^(?:\[([^\]]+)\]|([^:/[\]\s]+))(?::([0-9]{1,5})(?=:|$))?(?::(.*))?$/su.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined || host.startsWith("-") || text.includes("://")) throw badHost(text);
  return { host, port: toPort(parts?.[3], text), path: parts?.[4] };
}

/** Finds out everything about a host that is not on the host itself. */
export async function resolveHost(context: Context, text: string, flags: HostFlags): Promise<HostTarget> {
  const { host, port } = parseRemote(text);
  const loaded = await context.config();
  const deployed = await findDeployed(context, host);
  // A host without an agent has no URL; its address is all there is.
  const url = deployed?.agent_url ? new URL(deployed.agent_url) : undefined;
  const trust = await trustFor(context, loaded, flags, deployed, url);
  return {
    name: deployed?.name ?? host,
    address: url?.hostname.replace(/^\[|\]$/g, "") ?? (deployed?.public_ip || deployed?.private_ip || host),
    port: toPort(flags.port, "--port") ?? port ?? (url === undefined || url.port === "" ? undefined : Number(url.port)),
    trust,
    token: await tokenFor(loaded, flags),
    sshUser: deployed?.ssh_user ?? usualUser(loaded.config.ami),
    hostKeyAlias: deployed?.instance_id || host,
  };
}

export async function connectTo(target: HostTarget, context: Context): Promise<AgentClient> {
  const { AgentClient } = await import("../client/agent/agent-client.js");
  const { address, port, trust, token } = target;
  return new AgentClient(
    defined({
      host: address,
      trust,
      signal: context.signal,
      port,
      token,
    }),
  );
}

/** `$HOME/.ssh/NAME`. */
export function inSshDir(env: NodeJS.ProcessEnv, name: string): string {
  return join(env.HOME ?? homedir(), ".ssh", name);
}

/** Where this kit keeps the SSH host keys it has fetched. */
export function knownHostsFile(env: NodeJS.ProcessEnv): string {
  return inSshDir(env, "sallyport_known_hosts");
}

async function findDeployed(context: Context, host: string): Promise<DeployedHost | undefined> {
  const { findHost } = await import("../stacks/accelerator-hosts/outputs.js");
  const { readDeployed } = await import("../stacks/lifecycle/deployed.js");
  try {
    return findHost(await readDeployed(await context.config(), context.signal), host);
  } catch (error) {
    const isAddress = isIP(host) !== 0 || host.includes(".") || host === "localhost";
    if (isAddress && error instanceof Fault && error.exit === EXIT.notFound) return undefined;
    throw error;
  }
}

async function trustFor(
  context: Context,
  { config, origins }: LoadedConfig,
  flags: HostFlags,
  deployed: DeployedHost | undefined,
  url: URL | undefined,
): Promise<Trust> {
  if (!flags.tls && flags.cert !== undefined) throw contradiction();
  const { resolveTrust } = await import("../client/tls/trust.js");
  const { trust, warnings } = await resolveTrust(certificateToUse({ config, origins }, flags));
  for (const warning of warnings) context.warn(warning);
  if (deployed !== undefined && url?.protocol === "http:" && trust.kind !== "plain") throw deployedPlain(deployed.name);
  return trust;
}

function certificateToUse(
  { config, origins }: Pick<LoadedConfig, "config" | "origins">,
  flags: HostFlags,
): TrustOptions {
  if (!flags.tls) return { ssl_cert_crt: false };
  if (flags.cert !== undefined) return { ssl_cert_crt: flags.cert };
  const { ssl_cert_crt: configured } = config;
  // The built-in default names the generic certificate, which need not be there; any other must.
  const isGeneric = configured !== false && origins.ssl_cert_crt.layer === "default";
  return isGeneric ? { genericCrt: configured } : { ssl_cert_crt: configured };
}

async function tokenFor({ config }: LoadedConfig, flags: HostFlags): Promise<string | undefined> {
  if (flags.tokenFile === undefined && config.auth === "none") return undefined;
  const { readToken } = await import("../certs/token.js");
  return readToken(flags.tokenFile ?? config.auth_token_file);
}

/** The login that an image family comes with. */
function usualUser(ami: string): string {
  return ami === "al2023" ? "ec2-user" : "ubuntu";
}

function toPort(text: string | undefined, from: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Fault("cli/bad-port", `port ${quote(text)} in ${quote(from)} is not a number from 1 to 65535`, {
    exit: EXIT.usage,
  });
}

const badHost = (text: string) =>
  new Fault("cli/bad-host", `${quote(text)} is no host`, {
    hint: `write the name of a deployed host, "203.0.113.7", "host.example:8443" or "[2001:db8::7]:8443"`,
    exit: EXIT.usage,
  });

const contradiction = () =>
  new Fault("cli/tls-and-cert", "--no-tls and --cert contradict each other", {
    hint: "leave one of them out",
    exit: EXIT.usage,
  });

const deployedPlain = (name: string) =>
  new Fault("cli/deployed-plain", `${quote(name)} was deployed without TLS`, {
    hint: `add "--no-tls" to talk to it in the clear, or deploy it with a certificate`,
    exit: EXIT.usage,
  });
