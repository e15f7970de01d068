/** The machines that a set of changes creates or ends: hosts by name, a fleet's machines by number. */
import { setTimeout as delay } from "node:timers/promises";
import { EXIT, Fault } from "../../base/fault.js";
import type { LoadedConfig } from "../../config/load.js";
import type { FleetConfig } from "../../config/schema.js";
import { type DeploymentOutputs, readOutputs } from "../accelerator-hosts/outputs.js";
import type { PlannedChange } from "../terraform/terraform-log.js";
import { readDeployed, withMembers } from "./deployed.js";

/** Pure: names of the hosts whose machines are new, in the order of `outputs`. */
export function newHosts(changes: readonly PlannedChange[], outputs: Pick<DeploymentOutputs, "hosts">): string[] {
  const made = changes.filter(({ type, action }) => type === "aws_instance" && /^(?:create|replace)$/.test(action));
  const names = new Set(made.map(({ name }) => name.replace(/\/.*$/, "")));
  return outputs.hosts.filter(({ name }) => names.has(name)).map(({ name }) => name);
}

/** Pure: the number of machines that a changed group should have; 0 if it did not change. */
export function wantedMembers(changes: readonly PlannedChange[], fleet: FleetConfig | undefined): number {
  const isChanged = changes.some(({ type, action }) => type === "aws_autoscaling_group" && action !== "delete");
  return isChanged ? (fleet?.desired ?? fleet?.min ?? 0) : 0;
}

/** Pure: the number of `running` machines above what the fleet may and should have. */
export function surplus(running: number, fleet: FleetConfig): number {
  return Math.max(running - Math.min(fleet.max, fleet.desired ?? fleet.max), 0);
}

/** @returns for example `2 of the fleet's 5 machines`, or undefined. Asks EC2 only if the group changes. */
export async function fleetLoss(
  loaded: LoadedConfig,
  changes: readonly PlannedChange[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { fleet } = loaded.config;
  const isUpdated = changes.some(({ type, action }) => type === "aws_autoscaling_group" && action === "update");
  if (fleet === undefined || !isUpdated) return undefined;
  const running = await readDeployed(loaded, signal).then(
    ({ hosts }) => hosts.length,
    (error: unknown) => {
      // A first deployment that failed half-way has recorded nothing, so there is nothing to lose.
      if (error instanceof Fault && error.exit === EXIT.notFound) return 0;
      throw error;
    },
  );
  const lost = surplus(running, fleet);
  return lost === 0 ? undefined : `${lost} of the fleet's ${running} machines`;
}

export interface AwaitMembersOptions {
  readonly wanted: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly onCount: (running: number) => void;
}

/** Milliseconds between two requests to EC2. */
const POLL_MS = 2_000;

/** Waits until the group has its machines. @throws Fault if it does not get them in time. */
export async function awaitMembers(loaded: LoadedConfig, options: AwaitMembersOptions): Promise<DeploymentOutputs> {
  const { wanted, timeout, signal, onCount } = options;
  const until = performance.now() + timeout;
  for (;;) {
    const outputs = await withMembers(await readOutputs(loaded), signal);
    const { length } = outputs.hosts;
    if (length >= wanted) return outputs;
    if (performance.now() + POLL_MS >= until) {
      throw fewMembers(outputs.fleet?.autoscaling_group_name ?? "", length, wanted, timeout);
    }
    onCount(length);
    await delay(POLL_MS, undefined, { signal });
  }
}

const fewMembers = (group: string, running: number, wanted: number, timeout: number) =>
  new Fault("cli/few-members", `the fleet has ${running} of ${wanted} machines after ${Math.round(timeout / 1000)} s`, {
    hint: `the group keeps trying; to see why it has not: aws autoscaling describe-scaling-activities --auto-scaling-group-name ${group}`,
  });
