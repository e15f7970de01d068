/** HOST as a user writes it: the name of a deployed host, or an address. */
import { isIP } from "node:net";
import { join } from "node:path";
import type { Command } from "commander";
import { defined } from "../base/defined.js";
import { EXIT, Fault, quote } from "../base/fault.js";
import { homeOf } from "../base/home.js";
import type { AgentClient } from "../client/agent/agent-client.js";
import type { Trust, TrustOptions } from "../client/tls/trust.js";
import type { LoadedConfig } from "../config/load.js";
import type { DeployedHost } from "../stacks/accelerator-hosts/outputs.js";
import type { Context } from "./context.js";
import { usage } from "./flags.js";

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
  /** Name of the host in known_hosts: it survives a change of address. */
  readonly hostKeyAlias: string;
}

export function withHostFlags(command: Command): Command {
  return command
    .option("--cert <file>", "certificate to verify the host against (default: ssl_cert_crt)")
    .option("--no-tls", "use plain HTTP, for a host deployed without a certificate")
    .option("--token-file <file>", "file of the agent's token (default: auth_token_file)")
    .option("--port <number>", "port of the agent (default: 443, or 80 with --no-tls)");
}

/** Resolves a host without contacting it: from the deployment, the configuration and the flags. */
export async function resolveHost(context: Context, text: string, flags: HostFlags): Promise<HostTarget> {
  const { parseHostArgument, parsePort } = await import("../client/agent/host-argument.js");
  const { host, port } = parseHostArgument(text);
  const loaded = await context.config();
  const deployed = await findDeployed(context, host);
  // A host without an agent has an address but no URL.
  const url = deployed?.agent_url ? new URL(deployed.agent_url) : undefined;
  const trust = await trustFor(context, loaded, flags, deployed, url);
  return {
    name: deployed?.name ?? host,
    address: url?.hostname.replace(/^\[|\]$/g, "") ?? (deployed?.public_ip || deployed?.private_ip || host),
    port:
      parsePort(flags.port, "--port") ?? port ?? (url === undefined || url.port === "" ? undefined : Number(url.port)),
    trust,
    token: await tokenFor(loaded, flags),
    sshUser: deployed?.ssh_user ?? usualUser(loaded.config.ami),
    hostKeyAlias: deployed?.instance_id || host,
  };
}

export async function connectTo(target: HostTarget, { signal }: Pick<Context, "signal">): Promise<AgentClient> {
  const { AgentClient } = await import("../client/agent/agent-client.js");
  const { address: host, port, trust, token } = target;
  return new AgentClient(defined({ host, trust, signal, port, token }));
}

/** Resolves and connects to a host, and closes the connection afterwards. */
export async function withHost<T>(
  context: Context,
  text: string,
  flags: HostFlags,
  use: (client: AgentClient, target: HostTarget) => Promise<T>,
): Promise<T> {
  const target = await resolveHost(context, text, flags);
  const client = await connectTo(target, context);
  try {
    return await use(client, target);
  } finally {
    client.close();
  }
}

/** `$HOME/.ssh/NAME`. */
export function inSshDir(env: NodeJS.ProcessEnv, name: string): string {
  return join(homeOf(env), ".ssh", name);
}

/** The known_hosts file for the host keys that this kit has fetched. */
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
  // The generic certificate of the built-in default may be missing; a configured one may not.
  const isGeneric = configured !== false && origins.ssl_cert_crt.layer === "default";
  return isGeneric ? { genericCrt: configured } : { ssl_cert_crt: configured };
}

async function tokenFor({ config }: LoadedConfig, flags: HostFlags): Promise<string | undefined> {
  if (flags.tokenFile === undefined && config.auth === "none") return undefined;
  const { readToken } = await import("../certs/token.js");
  return readToken(flags.tokenFile ?? config.auth_token_file);
}

/** The default user of an image family. */
function usualUser(ami: string): string {
  return ami === "al2023" ? "ec2-user" : "ubuntu";
}

const contradiction = () => usage("tls-and-cert", "--no-tls and --cert contradict each other", "leave one of them out");

const deployedPlain = (name: string) =>
  usage(
    "deployed-plain",
    `${quote(name)} was deployed without TLS`,
    'add "--no-tls" to talk to it in the clear, or deploy it with a certificate',
  );
