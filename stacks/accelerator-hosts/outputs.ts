/** The outputs of the hosts, read from Terraform's state without Terraform or the network. */
import { defined } from "../../base/defined.js";
import { notDeployed } from "../errors.js";
import { STACK_NAME } from "../names.js";
import { readStateOutputs } from "../terraform/state.js";
import * as errors from "./errors.js";

export interface DeployedHost {
  readonly name: string;
  readonly instance_id: string;
  /** Empty in a subnet without public addresses. */
  readonly public_ip: string;
  readonly private_ip: string;
  readonly agent_url: string;
  readonly ssh_user: string;
  readonly ssh_command: string;
  /**
   * new: created by the deployment; instance: an existing one that may be started and stopped; address: only an
   * address.
   */
  readonly kind: "new" | "instance" | "address";
  /** Empty for a host that is only an address. */
  readonly instance_type: string;
  readonly spot: boolean;
  readonly stop_mode: "term" | "stop" | "keep";
}

/** A fleet as recorded in the state: enough to ask EC2 for its machines, and to connect to them. */
export interface DeployedFleet {
  readonly autoscaling_group_name: string;
  readonly launch_template_id: string;
  readonly region: string;
  /** `https` or `http`. */
  readonly agent_scheme: string;
  readonly private_address: boolean;
  readonly ssh_user: string;
  /** Contains ADDRESS as the placeholder for a machine's address. */
  readonly ssh_command: string;
}

export interface DeploymentOutputs {
  /** In numerical order: accelerator-2 before accelerator-10. */
  readonly hosts: readonly DeployedHost[];
  readonly security_group_id: string;
  readonly callers: readonly string[];
  /** SHA-256; empty if the agents use plain HTTP. */
  readonly certificate_fingerprint: string;
  /** A fleet in place of hosts; `readMembers` looks up its machines. */
  readonly fleet?: DeployedFleet;
}

/** @throws Fault `stacks/not-deployed` (exit status 3) if nothing is deployed. */
export async function readOutputs(options: { readonly projectDir: string }): Promise<DeploymentOutputs> {
  const values = await readStateOutputs(options.projectDir, STACK_NAME);
  const fleet = isFleet(values.fleet) ? values.fleet : undefined;
  if (!isHosts(values.hosts, fleet)) throw notDeployed(options.projectDir);
  return defined({
    hosts: Object.values(values.hosts).sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })),
    security_group_id: String(values.security_group_id ?? ""),
    callers: Array.isArray(values.callers) ? values.callers.map(String) : [],
    certificate_fingerprint: String(values.certificate_fingerprint ?? ""),
    fleet,
  });
}

/** The host with that name, address or instance id. */
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

/** The outputs as text. */
export function outputsText({ hosts, fleet, ...outputs }: DeploymentOutputs): string {
  const perHost = hosts.flatMap((host) => [
    host.name,
    `  instance     ${host.instance_id}`,
    `  address      ${[host.public_ip, host.private_ip].filter(Boolean).join(", private ")}`,
    `  agent        ${host.agent_url}`,
    `  log in       sallyport ssh ${host.name}`,
    `  or           ${host.ssh_command}`,
  ]);
  const count = hosts.length === 1 ? "1 host runs" : `${hosts.length} hosts run`;
  const fingerprint = outputs.certificate_fingerprint;
  return [
    ...perHost,
    ...(fleet === undefined ? [] : [`fleet          ${fleet.autoscaling_group_name}: ${count}`]),
    `callers        ${outputs.callers.join(", ") || "none"} (security group ${outputs.security_group_id})`,
    `certificate    ${fingerprint === "" ? "none: plain HTTP" : `SHA-256 ${fingerprint}`}`,
  ].join("\n");
}

function isHosts(value: unknown, fleet: DeployedFleet | undefined): value is Record<string, DeployedHost> {
  return typeof value === "object" && value !== null && (fleet !== undefined || Object.keys(value).length > 0);
}

function isFleet(value: unknown): value is DeployedFleet {
  return typeof value === "object" && value !== null && "autoscaling_group_name" in value;
}
