/** What `up` has just made, awaited: hosts by the changes that made them, machines of a fleet by their number. */
import { setTimeout as delay } from "node:timers/promises";
import { Fault } from "../../base/fault.js";
import { parseDuration } from "../../base/text/duration.js";
import type { FleetConfig } from "../../config/schema.js";
import type { DeploymentOutputs } from "../../stacks/accelerator-hosts/outputs.js";
import type { PlannedChange } from "../../stacks/terraform/terraform-log.js";
import type { Context } from "../context.js";
import { readDeployed, withoutAgent } from "../deployed.js";
import { awaitHosts, type BootedHost } from "./await-hosts.js";

/** Milliseconds between two questions to EC2. */
const ASK_MS = 2_000;

/** Pure: names of the hosts whose machines are new, in the order of `outputs`. */
export function newHosts(changes: readonly PlannedChange[], outputs: Pick<DeploymentOutputs, "hosts">): string[] {
  const made = changes.filter(({ type, action }) => type === "aws_instance" && /^(?:create|replace)$/.test(action));
  const names = new Set(made.map(({ name }) => name.replace(/\/.*$/, "")));
  return outputs.hosts.filter(({ name }) => names.has(name)).map(({ name }) => name);
}

/** Pure: how many machines a changed group is to have; 0 where it did not change. */
export function wantedMembers(changes: readonly PlannedChange[], fleet: FleetConfig | undefined): number {
  const isChanged = changes.some(({ type, action }) => type === "aws_autoscaling_group" && action !== "delete");
  return isChanged ? (fleet?.desired ?? fleet?.min ?? 0) : 0;
}

export interface Booted {
  readonly outputs: DeploymentOutputs;
  readonly boot: readonly BootedHost[];
  /** Milliseconds that were given. */
  readonly timeout: number;
}

/** @throws Fault where a fleet does not get its machines in time; for hosts see `checkBooted`. */
export async function awaitNew(
  context: Context,
  changes: readonly PlannedChange[],
  deployed: DeploymentOutputs,
): Promise<Booted> {
  const { config } = await context.config();
  const timeout = parseDuration(config.boot_timeout);
  const from = performance.now();
  const wanted = deployed.fleet === undefined ? 0 : wantedMembers(changes, config.fleet);
  const outputs = wanted === 0 ? deployed : await awaitMembers(context, wanted, timeout);
  const names = deployed.fleet === undefined ? newHosts(changes, outputs) : outputs.hosts.map(({ name }) => name);
  if (names.length === 0 || (deployed.fleet !== undefined && wanted === 0)) return { outputs, boot: [], timeout };
  const boot = await awaitHosts(context, {
    hosts: names,
    sshOnly: withoutAgent(outputs.hosts),
    flags: { tls: true },
    timeout: Math.max(timeout - (performance.now() - from), 1),
    label: "boot",
  });
  return { outputs, boot, timeout };
}

async function awaitMembers(context: Context, wanted: number, timeout: number): Promise<DeploymentOutputs> {
  const until = performance.now() + timeout;
  const progress = context.progress("boot");
  try {
    for (;;) {
      const outputs = await readDeployed(context);
      const { length } = outputs.hosts;
      if (length >= wanted) return outputs;
      if (performance.now() + ASK_MS >= until) {
        throw fewMembers(outputs.fleet?.autoscaling_group_name ?? "", length, wanted, timeout);
      }
      progress.update(`${length} of ${wanted} machines`);
      await delay(ASK_MS, undefined, { signal: context.signal });
    }
  } finally {
    progress.done();
  }
}

const fewMembers = (group: string, there: number, wanted: number, timeout: number) =>
  new Fault("cli/few-members", `the fleet has ${there} of ${wanted} machines after ${Math.round(timeout / 1000)} s`, {
    hint: `the group goes on trying; why it has not: aws autoscaling describe-scaling-activities --auto-scaling-group-name ${group}`,
  });
