/** Starts and stops hosts and waits for them. {@link nextStep} decides the next call for a host; the rest makes it. */
import { setTimeout as delay } from "node:timers/promises";
import type { DeployedHost } from "../accelerator-hosts/outputs.js";
import * as errors from "./errors.js";
import { type InstanceState, type Instances, isUnsupported, type Machine } from "./instances.js";

interface StartStopOptions {
  readonly onStep?: (text: string) => void;
  readonly signal?: AbortSignal;
  /** @default 600 */
  readonly seconds?: number;
  /** Milliseconds between two polls. @default 2000 */
  readonly pauseMs?: number;
}

export type Wanted = "running" | "stopped";

/** The next step towards the wanted state: call, wait, done, or impossible. Pure. */
export function nextStep(wanted: Wanted, state: InstanceState): "call" | "wait" | "done" | "never" {
  if (state === wanted) return "done";
  switch (state) {
    case "pending":
    case "stopping":
      // In transition: EC2 accepts the call once the transition has ended.
      return "wait";
    case "running":
    case "stopped":
      return "call";
    default:
      return "never";
  }
}

export interface BringPlan {
  /** The machines that will change. */
  readonly machines: readonly Machine[];
  /** Handles all hosts concurrently. @returns the hosts that were changed. */
  apply(options?: StartStopOptions): Promise<readonly DeployedHost[]>;
}

/** Checks all hosts before any is changed. @throws Fault for the first that cannot be. */
export async function planBring(
  wanted: Wanted,
  hosts: readonly DeployedHost[],
  instances: Instances,
): Promise<BringPlan> {
  const before = await instances.read(hosts.map(({ instance_id }) => instance_id));
  const machine = ({ instance_id }: DeployedHost) => before.get(instance_id) as Machine;
  for (const host of hosts) {
    const { state, spot } = machine(host);
    if (nextStep(wanted, state) === "never") throw errors.gone(host.name, state);
    if (wanted === "stopped" && spot && host.kind === "new" && state !== "stopped") throw errors.spotStays(host.name);
  }
  const changed = hosts.filter((host) => machine(host).state !== wanted);
  const apply = async (options: StartStopOptions = {}) => {
    await Promise.all(changed.map((host) => bringOne(wanted, host, instances, options)));
    return changed;
  };
  return { machines: changed.map(machine), apply };
}

async function bringOne(wanted: Wanted, host: DeployedHost, instances: Instances, options: StartStopOptions) {
  const { onStep, signal, seconds = 600, pauseMs = 2_000 } = options;
  const { name, instance_id } = host;
  const deadline = performance.now() + seconds * 1000;
  let told: InstanceState | undefined;
  let called = false;
  for (;;) {
    const state = (await instances.read([instance_id], signal)).get(instance_id)?.state ?? "gone";
    if (state !== told) onStep?.(`${name} is ${state}`);
    told = state;
    const step = nextStep(wanted, state);
    if (step === "done") return;
    if (step === "never") throw errors.gone(name, state);
    if (performance.now() > deadline) throw errors.waitedLong(name, wanted, state, seconds);
    if (step === "call" && !called) {
      await call(wanted, host, instances, signal);
      called = true;
    } else {
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

async function call(wanted: Wanted, host: DeployedHost, instances: Instances, signal: AbortSignal | undefined) {
  try {
    if (wanted === "running") await instances.start(host.instance_id, signal);
    else await instances.stop(host.instance_id, signal);
  } catch (error) {
    throw host.spot && isUnsupported(error) ? errors.spotStays(host.name) : error;
  }
}
