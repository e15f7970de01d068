/**
 * Collects everything that must be known before synth: keys, certificate, token, caller, runtime. Synthesis then needs
 * no network, no clock and no files.
 */
import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import { findLoginKey } from "../../certs/login-key.js";
import { readCertificate } from "../../certs/store.js";
import type { Config, LoadedConfig } from "../../config/load.js";
import { checkQuota } from "../../firewall/security-group/quota.js";
import { prepareInit } from "../boot/init/prepare-init.js";
import { hostsDeployment, STACK_NAME } from "../names.js";
import { runtimeBucket } from "../prepare/bucket.js";
import { checkReach } from "../prepare/check-reach.js";
import { prepareKey, sshDir, suffixOf } from "../prepare/login-key.js";
import type { PrepareOptions } from "../prepare/options.js";
import { deploymentTarget, taggedTarget } from "../prepare/target.js";
import { prepareTls } from "../prepare/tls.js";
import { prepareToken } from "../prepare/token.js";
import { hostNeeds } from "../private-mirror/machine-needs.js";
import { checkEndpoints, inPrivateNetwork } from "../private-mirror/private-network-config.js";
import { buildRuntime } from "../runtime/archive.js";
import { guardTerraformLog } from "../terraform/tf-log-guard.js";
import { agentSettings } from "./agent-settings.js";
import * as errors from "./errors.js";
import { fleetInputs } from "./fleet-inputs.js";
import { deployedHosts } from "./hosts.js";
import type { DeploymentInputs, NewHostParts } from "./inputs.js";
import { prepareAccess } from "./prepare-access.js";
import { EMPTY_TABLE } from "./rule-table.js";
import { onDemandInstead, stillOnDemand } from "./spot-fallback.js";
import { readOnDemand } from "./spot-fallback-state.js";

export async function prepareDeployment(written: LoadedConfig, options: PrepareOptions): Promise<DeploymentInputs> {
  const loaded = await inPrivateNetwork(written);
  const { config } = loaded;
  const { env, onStep = () => undefined } = options;
  guardTerraformLog(env);
  const onDemand = await readOnDemand(loaded.projectDir);
  const configured = deployedHosts(config);
  const hosts = onDemandInstead(configured, onDemand);
  for (const name of stillOnDemand(onDemand, configured)) {
    onStep(`${name} stays on demand: there was no spot instance for it`);
  }
  const subnets = hosts.flatMap((host) => (host.kind === "new" ? [host.subnetId] : []));
  const lacksSubnet = subnets.includes(undefined) || (config.fleet !== undefined && fleetSubnets(config) === undefined);
  if (config.vpc_id !== undefined && lacksSubnet) throw errors.vpcWithoutSubnet(config.vpc_id);
  const described = { ...describedBy(config), hosts };
  if (subnets.length === 0 && config.fleet === undefined) {
    return { ...deploymentTarget(loaded, env), ...described, ...(await prepareExisting(config, env)) };
  }
  const target = { ...(await taggedTarget(loaded, options)), ...described };
  const parts = await prepareNewHosts(written, options);
  return { kind: "provisioned", ...target, ...describedNew(config), ...parts };
}

/** All props that a configuration's new hosts need, whichever hosts these are. */
export async function prepareNewHosts(written: LoadedConfig, options: PrepareOptions): Promise<NewHostParts> {
  const loaded = await inPrivateNetwork(written);
  const { config } = loaded;
  const { env, onStep = () => undefined } = options;
  guardTerraformLog(env);
  const access = await prepareAccess(loaded, options);
  // Checked before anything is created.
  const { rows, internal } = access.table;
  for (const group of [rows, internal]) checkQuota(group.map(({ rule }) => rule));
  checkReach(access.table, options.caller === undefined ? loaded.placeOf("/caller") : "--caller");
  const init = await prepareInit(loaded, onStep);

  const key = await prepareKey(config, options);
  const target = await taggedTarget(loaded, options);
  const bucket = await runtimeBucket(target, STACK_NAME, hostsDeployment(config.name, key.suffix), options);
  await checkEndpoints(written, hostNeeds(config, bucket));
  const tls = await prepareTls(config, options);
  const token = await prepareToken(config, options);
  const runtime = await buildRuntime({ ...options.runtime, env, onStep });
  return { ...access, ...key, ...defined({ tls, token, init }), runtime, runtimeBucket: bucket };
}

const fleetSubnets = ({ fleet, subnet_id }: Config) => fleet?.subnet_ids ?? subnet_id;

/** The settings of all hosts. */
function describedBy(config: Config) {
  return defined({ ami: config.ami, usePrivateIp: config.use_private_ip });
}

/** The settings of new hosts. */
function describedNew(config: Config) {
  return defined({
    instanceType: config.instance_type,
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
    role: config.role,
    policies: config.policy,
  });
}

/** Existing hosts need no more than the local key and certificate, or only an address. */
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
    kind: "existing" as const,
    suffix: suffixOf(key),
    table: EMPTY_TABLE,
    callers: [],
    ...defined({
      identity: key?.identity,
      tls: crt === false ? undefined : { fingerprint: certificate?.facts.fingerprint256 ?? "" },
    }),
  };
}
