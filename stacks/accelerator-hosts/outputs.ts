/** What a deployment gave: read from Terraform's state, so that asking needs no Terraform and no network. */
import { readFile } from "node:fs/promises";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import * as errors from "../errors.js";
import { statePath } from "../files.js";
import { LAB_STACK_NAME, MIRROR_STACK_NAME, STACK_NAME, type StackName, SYNC_STACK_NAME } from "../names.js";
import type { DeployedFleet } from "./fleet.js";

export interface DeployedHost {
  readonly name: string;
  readonly instance_id: string;
  /** Empty in a subnet that gives no public addresses. */
  readonly public_ip: string;
  readonly private_ip: string;
  readonly agent_url: string;
  readonly ssh_user: string;
  readonly ssh_command: string;
  /** new: made by the deployment; instance: an existing one that may be started and stopped; address: no more than that. */
  readonly kind: "new" | "instance" | "address";
  /** Empty for an address. */
  readonly instance_type: string;
  readonly spot: boolean;
  readonly stop_mode: "term" | "stop" | "keep";
}

/** What the stack `firewall-sync` gave. */
export interface SyncOutputs {
  readonly function_name: string;
  readonly log_group: string;
  readonly schedule: string;
}

/** What the stack `lab-gateway` gave. */
export interface LabOutputs {
  readonly gateway_url: string;
  readonly public_ip: string;
  readonly instance_id: string;
  readonly vpc_id: string;
  readonly lab_subnet_ids: readonly string[];
  readonly security_group_id: string;
  readonly lab_security_group_id: string;
  readonly callers: readonly string[];
  readonly certificate_fingerprint: string;
  readonly ssh_command: string;
  /** To be filled in and run; no token is in it. */
  readonly token_command: string;
  readonly connect_command: string;
}

/** What the stack `private-mirror` gave. No token is in it. */
export interface MirrorOutputs {
  readonly mirror_domain: string;
  /** Account. */
  readonly mirror_domain_owner: string;
  readonly mirror_repository: string;
  readonly mirror_region: string;
  /** Format (`pypi`, `npm` …) to URL. */
  readonly mirror_endpoints: Readonly<Record<string, string>>;
  /** A command that sets pip or npm up. */
  readonly mirror_login: string;
  /** Policy for roles that install packages. */
  readonly mirror_policy_arn: string;
  readonly mirror_readers: readonly string[];
  readonly network_vpc_id: string;
  readonly network_cidr: string;
  readonly network_subnet_ids: readonly string[];
  readonly network_security_group_id: string;
  /** Service (`codeartifact.api`, `ssm` …) to endpoint. */
  readonly network_endpoint_ids: Readonly<Record<string, string>>;
  /** Empty where nothing needs S3. */
  readonly network_s3_endpoint_id: string;
  readonly network_services: readonly string[];
  /** ARNs, as the policy of the way to S3 has them. */
  readonly network_buckets: readonly string[];
}

export interface DeploymentOutputs {
  /** By number: accelerator-2 before accelerator-10. */
  readonly hosts: readonly DeployedHost[];
  readonly security_group_id: string;
  readonly callers: readonly string[];
  /** SHA-256; empty where the agents speak plain HTTP. */
  readonly certificate_fingerprint: string;
  /** A fleet in place of hosts: its machines are asked for with `readMembers`. */
  readonly fleet?: DeployedFleet;
}

/** @throws Fault `stacks/not-deployed` (exit status 3) if there is nothing. */
export async function readOutputs(options: { readonly projectDir: string }): Promise<DeploymentOutputs> {
  const values = await readState(options.projectDir, STACK_NAME);
  const fleet = isFleet(values.fleet) ? values.fleet : undefined;
  if (!isHosts(values.hosts, fleet)) throw errors.notDeployed(options.projectDir);
  return defined({
    hosts: Object.values(values.hosts).sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })),
    security_group_id: String(values.security_group_id ?? ""),
    callers: Array.isArray(values.callers) ? values.callers.map(String) : [],
    certificate_fingerprint: String(values.certificate_fingerprint ?? ""),
    fleet,
  });
}

/** @throws Fault `stacks/not-deployed` (exit status 3) if there is nothing. */
export async function readSyncOutputs({ projectDir }: { readonly projectDir: string }): Promise<SyncOutputs> {
  const { function_name, log_group, schedule } = await readState(projectDir, SYNC_STACK_NAME);
  if (function_name === undefined) throw errors.notDeployed(projectDir, SYNC_STACK_NAME);
  return { function_name: String(function_name), log_group: String(log_group), schedule: String(schedule) };
}

/** @throws Fault `stacks/not-deployed` (exit status 3) if there is nothing. */
export async function readLabOutputs({ projectDir }: { readonly projectDir: string }): Promise<LabOutputs> {
  const values = await readState(projectDir, LAB_STACK_NAME);
  if (values.gateway_url === undefined) throw errors.notDeployed(projectDir, LAB_STACK_NAME);
  return values as unknown as LabOutputs;
}

/** @throws Fault `stacks/not-deployed` (exit status 3) if there is nothing. */
export async function readMirrorOutputs({ projectDir }: { readonly projectDir: string }): Promise<MirrorOutputs> {
  const values = await readState(projectDir, MIRROR_STACK_NAME);
  if (values.mirror_repository === undefined) throw errors.notDeployed(projectDir, MIRROR_STACK_NAME);
  return values as unknown as MirrorOutputs;
}

/** The one with that name, address or instance id. */
export function findHost(outputs: DeploymentOutputs, name: string): DeployedHost {
  const host = outputs.hosts.find((each) =>
    [each.name, each.public_ip, each.private_ip, each.instance_id].includes(name),
  );
  if (host === undefined)
    throw errors.noSuchHost(
      name,
      outputs.hosts.map((each) => each.name),
    );
  return host;
}

async function readState(projectDir: string, stack: StackName): Promise<Record<string, unknown>> {
  const file = statePath(projectDir, stack);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") throw errors.notDeployed(projectDir, stack);
    throw error;
  });
  // A deploy that was ended before it began leaves an empty file.
  if (text.trim() === "") throw errors.notDeployed(projectDir, stack);
  return outputValues(text, file, stack);
}

function outputValues(text: string, file: string, stack: StackName): Record<string, unknown> {
  try {
    const state = JSON.parse(text) as { version?: unknown; outputs?: Record<string, { value?: unknown }> };
    if (state.version !== 4) throw errors.badState(file, stack);
    return Object.fromEntries(Object.entries(state.outputs ?? {}).map(([name, { value }]) => [name, value]));
  } catch (error) {
    throw errors.badState(file, stack, error);
  }
}

function isHosts(value: unknown, fleet: DeployedFleet | undefined): value is Record<string, DeployedHost> {
  return typeof value === "object" && value !== null && (fleet !== undefined || Object.keys(value).length > 0);
}

function isFleet(value: unknown): value is DeployedFleet {
  return typeof value === "object" && value !== null && "autoscaling_group_name" in value;
}
