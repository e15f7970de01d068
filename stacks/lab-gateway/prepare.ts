/** Turns `lab_gateway:` into the inputs of its stack: looks everything up and checks it. */
import { join } from "node:path";
import { defined } from "../../base/defined.js";
import { ensureToken } from "../../certs/token.js";
import type { LoadedConfig } from "../../config/load.js";
import { checkQuota } from "../../firewall/security-group/quota.js";
import { gatewayDeployment, LAB_STACK_NAME } from "../names.js";
import { runtimeBucket } from "../prepare/bucket.js";
import { prepareCallers } from "../prepare/callers.js";
import { checkReach } from "../prepare/check-reach.js";
import { prepareKey, sshDir } from "../prepare/login-key.js";
import type { PrepareOptions } from "../prepare/options.js";
import { secretFile } from "../prepare/secret-file.js";
import { taggedTarget } from "../prepare/target.js";
import { prepareTls } from "../prepare/tls.js";
import { gatewayNeeds } from "../private-mirror/machine-needs.js";
import { readMirrorOutputs } from "../private-mirror/outputs.js";
import { checkEndpoints, inPrivateNetwork } from "../private-mirror/private-network-config.js";
import { buildRuntime } from "../runtime/archive.js";
import { guardTerraformLog } from "../terraform/tf-log-guard.js";
import * as errors from "./errors.js";
import type { LabGatewayInputs } from "./inputs.js";
import { labTable } from "./rule-table.js";
import { labBlocks, labBlocksWithin } from "./subnets.js";

const DEFAULT_PORTS = { min: 50_000, max: 50_100 };
/** The gateway itself listens on these ports. */
const OWN_PORTS = [22, 443];

/** File of the secret that signs the tokens of `sallyport gateway token`. */
const tokenKeyPath = (env: NodeJS.ProcessEnv) => join(sshDir(env), "sallyport-gateway.key");

/** @throws Fault (exit status 2) for a bad value, before anything is created. */
export async function prepareLab(asWritten: LoadedConfig, options: PrepareOptions): Promise<LabGatewayInputs> {
  const loaded = await inPrivateNetwork(asWritten);
  const { config } = loaded;
  const { env, onStep = () => undefined } = options;
  guardTerraformLog(env);
  const written = config.lab_gateway ?? {};
  const place = (part: string) => loaded.placeOf(`/lab_gateway/${part}`);
  const mirror = asWritten.config.network === undefined ? undefined : await readMirrorOutputs(loaded);
  const blocks =
    mirror === undefined ? labBlocks(written, place) : labBlocksWithin(mirror.network_cidr, written, place);
  const { ami = "ubuntu-24.04" } = written;
  if (mirror !== undefined && !ami.startsWith("ami-")) throw errors.labNeedsImage(place("ami"), ami);
  const { ports = DEFAULT_PORTS } = written;
  const taken = OWN_PORTS.find((port) => ports.min <= port && port <= ports.max);
  if (ports.min > ports.max || taken !== undefined) throw errors.badLabPorts(place("ports"), ports, taken);
  if (config.ssl_cert_crt === false) throw errors.labNeedsTls(loaded.placeOf("/ssl_cert_crt"));

  const callers = await prepareCallers(config.caller, options);
  const from = options.caller === undefined ? loaded.placeOf("/caller") : "--caller";
  const table = labTable(
    ports,
    callers,
    defined({
      caller: from,
      ports: written.ports === undefined ? undefined : place("ports"),
    }),
  );
  checkReach(table, from);
  checkQuota(table.rows.map(({ rule }) => rule));

  const key = await prepareKey(config, options);
  const target = await taggedTarget(loaded, options);
  const bucket = await runtimeBucket(target, LAB_STACK_NAME, gatewayDeployment(config.name, key.suffix), options);
  await checkEndpoints(asWritten, gatewayNeeds(config, bucket));
  const tls = await prepareTls(config, options);
  if (tls === undefined) throw errors.labNeedsTls(loaded.placeOf("/ssl_cert_crt"));
  const tokenKey = tokenKeyPath(env);
  const { created } = await ensureToken(tokenKey);
  onStep(`secret of the gateway's tokens ${tokenKey} (${created ? "created" : "existing"})`);
  return {
    ...target,
    ...key,
    ...defined({
      vpcId: written.vpc_id,
      home:
        mirror === undefined
          ? undefined
          : {
              vpcId: mirror.network_vpc_id,
              subnetId: mirror.network_subnet_ids[0] ?? "",
              s3EndpointId: mirror.network_s3_endpoint_id,
            },
    }),
    blocks,
    instanceType: written.instance_type ?? "t3.small",
    ami,
    ports,
    issuer: written.issuer ?? config.name,
    ...defined({ logTarget: written.log === undefined ? undefined : written.log.target }),
    table,
    callers: callers.map(String),
    tls,
    runtimeBucket: bucket,
    tokenKey: await secretFile(tokenKey),
    runtime: await buildRuntime({ ...options.runtime, env, onStep, role: "gateway" }),
  };
}
