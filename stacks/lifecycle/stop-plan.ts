/** Decides which hosts `stop` terminates, stops and keeps, and makes the safety checks before any change. Pure. */
import type { DeployedHost } from "../accelerator-hosts/outputs.js";
import * as errors from "./errors.js";
import type { StopMode } from "./stop-mode.js";

export interface StopPlan {
  readonly terminated: readonly DeployedHost[];
  readonly stopped: readonly DeployedHost[];
  readonly kept: readonly DeployedHost[];
}

/** @param mode overrides each host's own. @throws Fault if any of the hosts must not or cannot be ended this way. */
export function planStop(
  { hosts, isFleet }: { readonly hosts: readonly DeployedHost[]; readonly isFleet: boolean },
  mode: StopMode | undefined,
): StopPlan {
  const by = (wanted: StopMode) => hosts.filter((host) => (mode ?? host.stop_mode) === wanted);
  const plan = { terminated: by("term"), stopped: by("stop"), kept: by("keep") };
  for (const { kind, name } of [...plan.terminated, ...plan.stopped]) {
    if (isFleet) throw errors.inFleet();
    if (kind === "address") throw errors.onlyAddress(name);
  }
  for (const { name, instance_id, kind } of plan.terminated) {
    if (kind === "instance") throw errors.notOurs(name, instance_id);
  }
  return plan;
}

/** The hosts to start: without `names`, all that can be. @throws Fault for a named host that cannot. */
export function planStart(
  { hosts, isFleet }: { readonly hosts: readonly DeployedHost[]; readonly isFleet: boolean },
  names: readonly string[],
): readonly DeployedHost[] {
  if (isFleet) throw errors.inFleet();
  const wanted = names.length > 0 ? hosts : hosts.filter(({ kind }) => kind !== "address");
  for (const { kind, name } of wanted) if (kind === "address") throw errors.onlyAddress(name);
  return wanted;
}
