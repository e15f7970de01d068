/** Waiting for hosts, with what is seen of each shown to the user as it changes. */
import type { BootedHost } from "../client/agent/await-hosts.js";
import type { DeploymentOutputs } from "../stacks/accelerator-hosts/outputs.js";
import type { PlannedChange } from "../stacks/terraform/terraform-log.js";
import type { Context } from "./context.js";
import { type HostFlags, resolveHost } from "./host.js";
import { warnOnce } from "./warn-once.js";

export interface BootOptions {
  /** Names, addresses or instance ids. */
  readonly hosts: readonly string[];
  /** Names of the hosts that have no agent. */
  readonly sshOnly: readonly string[];
  readonly flags: HostFlags;
  /** Milliseconds. */
  readonly timeout: number;
  /** Label of the progress line. */
  readonly label: string;
}

export async function awaitBoot(context: Context, options: BootOptions): Promise<BootedHost[]> {
  const { awaitHosts } = await import("../client/agent/await-hosts.js");
  const { flags, label, sshOnly, timeout } = options;
  const quiet = { ...context, warn: warnOnce(context.warn) };
  const targets = await Promise.all(options.hosts.map((host) => resolveHost(quiet, host, flags)));
  const progress = context.progress(label);
  const seen = new Map<string, string>();
  const onSeen = (name: string, state: string) => {
    seen.set(name, state);
    const ready = [...seen.values()].filter((each) => each === "ready").length;
    const others = [...seen].filter(([, each]) => each !== "ready").map((pair) => pair.join(": "));
    if (process.stderr.isTTY) progress.update([`${ready} of ${targets.length} ready`, ...others].join(", "));
    else context.note(`${label}: ${name}: ${state}`);
  };
  try {
    return await awaitHosts(targets, { sshOnly, timeout, onSeen, signal: context.signal });
  } finally {
    progress.done();
  }
}

export interface Booted {
  readonly outputs: DeploymentOutputs;
  readonly boot: readonly BootedHost[];
  /** Milliseconds that were allowed. */
  readonly timeout: number;
}

/** Waits for the machines that `up` has just made. @throws Fault if a fleet does not get its machines in time. */
export async function awaitNew(
  context: Context,
  changes: readonly PlannedChange[],
  deployed: DeploymentOutputs,
): Promise<Booted> {
  const { awaitMembers, newHosts, wantedMembers } = await import("../stacks/lifecycle/new-machines.js");
  const { withoutAgent } = await import("../stacks/lifecycle/deployed.js");
  const { parseDuration } = await import("../base/text/duration.js");
  const loaded = await context.config();
  const timeout = parseDuration(loaded.config.boot_timeout);
  const from = performance.now();
  const isFleet = deployed.fleet !== undefined;
  const wanted = isFleet ? wantedMembers(changes, loaded.config.fleet) : 0;
  const progress = context.progress("boot");
  const onCount = (running: number) => progress.update(`${running} of ${wanted} machines`);
  const outputs = await (wanted === 0
    ? deployed
    : awaitMembers(loaded, { wanted, timeout, signal: context.signal, onCount }).finally(() => progress.done()));
  progress.done();
  const hosts = isFleet ? outputs.hosts.map(({ name }) => name) : newHosts(changes, outputs);
  if (hosts.length === 0 || (isFleet && wanted === 0)) return { outputs, boot: [], timeout };
  const boot = await awaitBoot(context, {
    hosts,
    sshOnly: withoutAgent(outputs.hosts),
    flags: { tls: true },
    timeout: Math.max(timeout - (performance.now() - from), 1),
    label: "boot",
  });
  return { outputs, boot, timeout };
}
