/**
 * Everything that must be known before synth, found out: keys, certificate, token, caller, runtime.
 * Synthesis after this needs no network, no clock and no file.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import { findLoginKey, type LoginKey } from "../../certs/login-key.js";
import { ensureCertificate, readCertificate } from "../../certs/store.js";
import { ensureToken, readToken } from "../../certs/token.js";
import type { Config, LoadedConfig } from "../../config/load.js";
import { resolveCaller } from "../../firewall/caller/lookup.js";
import { needsCaller } from "../../firewall/options/options.js";
import { checkQuota } from "../../firewall/security-group/quota.js";
import type { Cidr } from "../../net/cidr.js";
import { prepareInit } from "../boot/init/prepare-init.js";
import type { SecretFile } from "../constructs/host-secrets.js";
import * as errors from "../errors.js";
import { deploymentSuffix, ec2KeyPair } from "../names.js";
import { checkEndpoints, inPrivateNetwork } from "../private-mirror/network-config.js";
import { hostNeeds } from "../private-mirror/prepare.js";
import { buildRuntime, type RuntimeOptions } from "../runtime/archive.js";
import { refuseLeakyLog } from "../terraform/log-guard.js";
import { agentSettings } from "./agent-settings.js";
import { fleetInputs } from "./fleet.js";
import { deployedHosts } from "./hosts.js";
import type { DeploymentInputs, DeploymentTarget } from "./inputs.js";
import { agentPort, deploymentTable, EMPTY_TABLE, type WrittenFirewall, writtenFirewall } from "./rule-table.js";
import { onDemandInstead, stillOnDemand } from "./spot-fallback.js";
import { readOnDemand } from "./spot-fallback-state.js";

export interface PrepareOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly onStep?: (text: string) => void;
  /** Who may reach the hosts, in place of what environment and configuration say. */
  readonly caller?: readonly string[];
  /** Make a missing key pair, certificate or token; without it, a missing one is an error. @default true */
  readonly create?: boolean;
  readonly signal?: AbortSignal;
  /** What the hosts' runtime is packed from. @default - the bundles of this package, and its Node.js for hosts */
  readonly runtime?: Pick<RuntimeOptions, "bundle" | "node">;
}

/** What is known without looking anything up: enough to take a deployment down. */
export function deploymentTarget({ config, projectDir }: LoadedConfig, env: NodeJS.ProcessEnv): DeploymentTarget {
  return defined({
    projectDir: resolve(projectDir),
    name: config.name,
    region: config.region,
    tags: config.tags,
    endpointUrl: env.AWS_ENDPOINT_URL ? env.AWS_ENDPOINT_URL : undefined,
  });
}

export async function prepareDeployment(written: LoadedConfig, options: PrepareOptions): Promise<DeploymentInputs> {
  const loaded = await inPrivateNetwork(written);
  const { config } = loaded;
  const { env, onStep = () => undefined, create = true } = options;
  refuseLeakyLog(env);
  const onDemand = await readOnDemand(loaded.projectDir);
  const configured = deployedHosts(config);
  const hosts = onDemandInstead(configured, onDemand);
  for (const name of stillOnDemand(onDemand, configured)) {
    onStep(`${name} stays on demand: there was no spot instance for it`);
  }
  const subnets = hosts.flatMap((host) => (host.kind === "new" ? [host.subnetId] : []));
  const lacksSubnet = subnets.includes(undefined) || (config.fleet !== undefined && fleetSubnets(config) === undefined);
  if (config.vpc_id !== undefined && lacksSubnet) throw errors.vpcWithoutSubnet(config.vpc_id);
  const stack = { ...deploymentTarget(loaded, env), ...describedBy(config), hosts };
  // Nothing is made for hosts that are there already, and nothing is installed on them.
  if (subnets.length === 0 && config.fleet === undefined) return { ...stack, ...(await prepareExisting(config, env)) };

  const access = await prepareAccess(loaded, { ...options, onStep });
  // Judged before anything is made.
  const { rows, internal } = access.table;
  for (const group of [rows, internal]) checkQuota(group.map(({ rule }) => rule));
  const init = await prepareInit(loaded, onStep);

  const key = await findLoginKey(
    config.key_pair,
    defined({ dir: sshDir(env), create: create ? config.key_type : undefined }),
  );
  onStep(aboutKey(key));
  const suffix = deploymentSuffix(key.publicKey ?? ec2KeyPair(key.ec2Name ?? ""));
  await checkEndpoints(written, hostNeeds(config, `${config.name}-${suffix}`));
  const tls = await prepareTls(config, create, onStep);
  const token = await prepareToken(config, create, onStep);
  const runtime = await buildRuntime({ ...options.runtime, env, onStep });

  return {
    ...stack,
    suffix,
    ...access,
    sshKey: key,
    ...defined({ tls, token, init }),
    runtime,
  };
}

export const sshDir = (env: NodeJS.ProcessEnv) => join(env.HOME ?? homedir(), ".ssh");
const fleetSubnets = ({ fleet, subnet_id }: Config) => fleet?.subnet_ids ?? subnet_id;

/** What the configuration says by itself. */
function describedBy(config: Config) {
  return defined({
    instanceType: config.instance_type,
    ami: config.ami,
    rootVolumeGib: config.root_volume_gib,
    directories: config.authorized_host_dirs,
    serveAddresses: config.serve_addresses,
    buckets: config.buckets,
    settings: agentSettings(config),
    fleet: config.fleet === undefined ? undefined : fleetInputs(config.fleet),
    hostNamePrefix: config.host_name_prefix,
    vpcId: config.vpc_id,
    subnetId: config.subnet_id,
    securityGroup: config.security_group,
    usePrivateIp: config.use_private_ip,
    role: config.role,
    policies: config.policy,
  });
}

/** How hosts that are there already are reached: with what is at hand, which may be nothing but their address. */
async function prepareExisting(config: Config, env: NodeJS.ProcessEnv) {
  const orNothing = <T>(found: Promise<T>) =>
    found.catch((error: unknown) => {
      if (error instanceof Fault && error.exit === EXIT.notFound) return undefined;
      throw error;
    });
  const key = await orNothing(findLoginKey(config.key_pair, { dir: sshDir(env) }));
  const crt = config.ssl_cert_crt;
  const certificate = crt === false ? undefined : await orNothing(readCertificate(crt));
  return {
    suffix: deploymentSuffix(key?.publicKey ?? ec2KeyPair(key?.ec2Name ?? "")),
    table: EMPTY_TABLE,
    callers: [],
    sshKey: key ?? {},
    ...defined({ existingTls: crt === false ? undefined : { fingerprint: certificate?.facts.fingerprint256 ?? "" } }),
  };
}

export interface AccessOptions extends Pick<PrepareOptions, "env" | "onStep" | "caller" | "signal"> {
  /** Range of the VPC. @default - only AWS knows it */
  readonly vpcCidr?: Cidr;
}

/** The rule table and, where an option lets callers in, who these are. */
export async function prepareAccess(
  written: LoadedConfig,
  options: AccessOptions,
): Promise<Pick<DeploymentInputs, "table" | "callers">> {
  const { env, onStep = () => undefined, vpcCidr } = options;
  const loaded = await inPrivateNetwork(written);
  // An existing group keeps its rules.
  if (loaded.config.security_group !== undefined) return { table: EMPTY_TABLE, callers: [] };
  const firewall = withCaller(writtenFirewall(loaded), options.caller);
  const tableFor = (callers: readonly Cidr[]) =>
    deploymentTable(firewall, defined({ callers, vpcCidr }), agentPort(loaded.config));
  if (!needsCaller(firewall.options, firewall.origins)) return { table: tableFor([]), callers: [] };
  const { callers, from, objections } = await resolveCaller(loaded.config.caller, env, options);
  onStep(`callers ${callers.join(", ")} (${from})`);
  for (const objection of objections) onStep(`address service ${objection}`);
  return { table: tableFor(callers), callers: callers.map(String) };
}

export function aboutKey({ ec2Name, identity, isPrivate, created }: LoginKey): string {
  if (identity === undefined)
    return `no private key for key pair ${ec2Name} found locally: hosts of it cannot be logged in to from here`;
  if (ec2Name !== undefined) return `SSH key pair ${ec2Name} of EC2, opened by ${identity}`;
  if (!isPrivate) return `SSH key ${identity}; its private half is elsewhere`;
  return `SSH key pair ${identity} (${created ? "created" : "existing"})`;
}

function withCaller(written: WrittenFirewall, caller: readonly string[] | undefined): WrittenFirewall {
  if (caller === undefined) return written;
  const { options, origins } = written;
  return { options: { ...options, caller }, origins: { ...origins, caller: "--caller" } };
}

/**
 * A number that changes with the content of a secret: Terraform sends a write-only value again when
 * its version changes. 31 bits of a digest of a key or token with 128 bits of entropy or more tell
 * nothing that helps to guess it.
 */
export async function secretVersion(path: string): Promise<number> {
  const digest = createHash("sha256")
    .update(await readFile(path))
    .digest();
  return digest.readUInt32BE(0) >>> 1;
}

export async function secretFile(path: string): Promise<SecretFile> {
  return { path: resolve(path), version: await secretVersion(path) };
}

export async function prepareTls(config: Config, create: boolean, onStep: (text: string) => void) {
  if (config.ssl_cert_crt === false) {
    onStep("TLS is off (ssl_cert_crt: false): data and token travel in the clear");
    return undefined;
  }
  const certificate = await ensureCertificate({
    crt: config.ssl_cert_crt,
    key: config.ssl_cert_key,
    generate: create && config.ssl_cert_generate,
    names: config.ssl_cert_names,
    commonName: config.name,
  });
  onStep(`certificate ${certificate.crt} (${certificate.created ? "created" : "existing"})`);
  return {
    certificate: certificate.pem,
    fingerprint: certificate.facts.fingerprint256,
    key: await secretFile(certificate.key),
  };
}

async function prepareToken(config: Config, create: boolean, onStep: (text: string) => void) {
  if (config.auth === "none") {
    onStep("auth is none: whoever the firewall lets in may read and write");
    return undefined;
  }
  const created = create && (await ensureToken(config.auth_token_file)).created;
  // Also refuses an empty or too open file before it goes to the hosts.
  await readToken(config.auth_token_file);
  onStep(`agent token ${config.auth_token_file} (${created ? "created" : "existing"})`);
  return secretFile(config.auth_token_file);
}
