/** `sallyport status|stop|start [HOST…]`: shows the hosts' state and cost, ends or pauses them, starts them again. */
import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import type { IdleInfo } from "../../client/agent/answers.js";
import type { DeployedHost } from "../../stacks/accelerator-hosts/outputs.js";
import type { AgentState } from "../../stacks/lifecycle/host-status.js";
import type { Instances, Machine } from "../../stacks/lifecycle/instances.js";
import type { Context, Register } from "../context.js";
import { collect } from "../flags.js";
import { type HostFlags, withHostFlags } from "../host.js";
import { openSteps, withSteps } from "../steps.js";
import { lookForUntracked } from "../untracked.js";

interface StatusFlags extends HostFlags {
  readonly price?: string[];
}

interface StopFlags {
  readonly mode?: string;
  readonly yes?: boolean;
}

interface StartFlags extends HostFlags {
  readonly yes?: boolean;
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

const HOSTS = ["[host...]", "names, addresses or instance ids (default: all deployed hosts)"] as const;
/** Milliseconds; a host that is up answers in a tenth of that. */
const AGENT_TIMEOUT = 5_000;

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("status"))
    .description("show whether hosts run, how long they have been idle, and what they cost so far")
    .argument(...HOSTS)
    // Not variadic: hosts may follow.
    .option("--price <type=usd>", "hourly price of an instance type; repeatable (or: SALLYPORT_PRICES)", collect)
    .addHelpText(
      "after",
      `
EC2 reports the prices of spot instances. Give on-demand prices yourself: docs/tasks/stop-idle-hosts.md has the
command that asks AWS for them.

Examples:
  $ sallyport status
  $ sallyport status --price g6.xlarge=0.8048
  $ sallyport status --json | jq '.hosts[] | select(.idle.idle_seconds > 3600) | .name'`,
    )
    .action(wrap<[string[], StatusFlags]>(status));
  program
    .command("stop")
    .description("stop hosts as stop_mode says: terminate them, or stop them until sallyport start")
    .argument(...HOSTS)
    .option("--mode <mode>", "term, stop or keep, in place of stop_mode")
    .option("-y, --yes", "terminate machines without asking")
    .addHelpText(
      "after",
      `
term removes the machine and everything on its disk; sallyport up makes a new one. stop keeps the disk,
which still costs; sallyport start brings the host back, usually at another address. keep changes nothing
and says so. The rest of the deployment stays: sallyport down removes it.

Examples:
  $ sallyport stop accelerator-2 --mode stop
  $ sallyport stop --mode term --yes`,
    )
    .action(wrap<[string[], StopFlags]>(stop));
  withHostFlags(program.command("start"))
    .description("start stopped hosts and record their new addresses")
    .argument(...HOSTS)
    .option("-y, --yes", "start without asking")
    .option("--no-wait", "return before their agents answer")
    .addHelpText(
      "after",
      `
A host that runs costs money again: asks first, with the price per hour and day, as up does. Without a
terminal, --yes is needed, except in CI (the variable CI is set).

Examples:
  $ sallyport start
  $ sallyport start accelerator-2 --yes --no-wait`,
    )
    .action(wrap<[string[], StartFlags]>(start));
};

async function status(context: Context, names: string[], flags: StatusFlags): Promise<void> {
  const { parsePrices } = await import("../../stacks/lifecycle/prices.js");
  const { observeHosts } = await import("../../stacks/lifecycle/observe-hosts.js");
  const { statusText } = await import("../../stacks/lifecycle/host-status.js");
  const { idleLines } = await import("../../client/agent/idle-text.js");
  const { withInstances } = await import("../../stacks/lifecycle/with-instances.js");
  const prices = parsePrices([context.env.SALLYPORT_PRICES ?? "", ...(flags.price ?? [])]);
  const { hosts } = await chosen(context, names).catch(async (error: unknown) => {
    // An interrupted first deployment has no outputs, but may have machines.
    if (error instanceof Fault && error.code === "stacks/not-deployed") await lookForUntracked(context);
    throw error;
  });
  const askAgent = (host: DeployedHost) => idleState(context, host, flags);
  const { signal } = context;
  const observed = await withInstances(
    await context.config(),
    (instances) => observeHosts(hosts, { instances, prices, askAgent, signal }),
    signal,
  );
  const isOnlyAddresses = hosts.every(({ kind }) => kind === "address");
  const untracked = names.length > 0 || isOnlyAddresses ? [] : await lookForUntracked(context);
  context.print(defined({ hosts: observed, untracked: untracked.length === 0 ? undefined : untracked }), () =>
    statusText(observed, idleLines),
  );
}

async function stop(context: Context, names: string[], flags: StopFlags): Promise<number | undefined> {
  const { parseStopMode } = await import("../../stacks/lifecycle/stop-mode.js");
  const { planStop } = await import("../../stacks/lifecycle/stop-plan.js");
  const mode = flags.mode === undefined ? undefined : parseStopMode(flags.mode);
  const plan = planStop(await chosen(context, names), mode);
  const { terminated, stopped, kept } = plan;
  if (terminated.length > 0 && !(await terminate(context, terminated, flags))) return EXIT.failure;
  if (stopped.length > 0) {
    await bringAll(context, "stopped", stopped);
    await refreshAddresses(context, "stop");
  }
  const done = { terminated: namesOf(terminated), stopped: namesOf(stopped), kept: namesOf(kept) };
  context.print(done, () =>
    [
      ...done.terminated.map((name) => `${name} is terminated`),
      ...done.stopped.map((name) => `${name} is stopped`),
      ...kept.map(({ name, instance_id }) => `${name}${instance_id && ` (${instance_id})`} is still running`),
    ].join("\n"),
  );
  return undefined;
}

async function terminate(context: Context, hosts: readonly DeployedHost[], flags: StopFlags): Promise<boolean> {
  const { planTerminate } = await import("../../stacks/lifecycle/sync-state.js");
  const { agreed } = await import("../terminal/confirm.js");
  const loaded = await context.config();
  const steps = openSteps(context);
  const { apply } = await steps("plan", (options) => planTerminate(loaded, hosts, options));
  const question = `${namesOf(hosts).join(", ")} would be terminated, with all data there.`;
  if (!(await agreed(context, flags.yes, question))) return false;
  await steps("stop", apply);
  return true;
}

async function start(context: Context, names: string[], flags: StartFlags): Promise<number | undefined> {
  const { planStart } = await import("../../stacks/lifecycle/stop-plan.js");
  const agree = (machines: readonly Machine[]) => agreeToStart(context, machines, flags);
  const started = await bringAll(context, "running", planStart(await chosen(context, names), names), agree);
  if (started === undefined) return EXIT.failure;
  await refreshAddresses(context, "start");
  const { hosts } = await chosen(context, names);
  const now = hosts.filter(({ instance_id }) => started.some((host) => host.instance_id === instance_id));
  context.print({ started: namesOf(started), hosts }, () =>
    started.length === 0
      ? "all of them run already"
      : now.map(({ name, public_ip, private_ip }) => `${name} runs at ${public_ip || private_ip}`).join("\n"),
  );
  if (flags.wait && now.length > 0) await awaitAgents(context, now, flags);
  return undefined;
}

async function agreeToStart(context: Context, machines: readonly Machine[], { yes }: StartFlags): Promise<boolean> {
  const { isEmulated } = await import("../../stacks/lifecycle/emulated.js");
  if (isEmulated(context.env)) return true;
  const { startCost } = await import("../../stacks/lifecycle/start-cost.js");
  const { agreedToPrice } = await import("../terminal/confirm.js");
  const { env, signal } = context;
  const { region, autostop } = (await context.config()).config;
  const price = await startCost(machines, { region, env, signal, autostop: autostop !== false });
  return price === undefined || agreedToPrice(context, yes, price);
}

async function awaitAgents(context: Context, hosts: readonly DeployedHost[], flags: HostFlags): Promise<void> {
  const { isEmulated } = await import("../../stacks/lifecycle/emulated.js");
  if (isEmulated(context.env)) {
    return context.note("AWS is emulated: nothing boots, so there is nothing to wait for");
  }
  const { bootText, checkBooted } = await import("../../client/agent/await-hosts.js");
  const { withoutAgent } = await import("../../stacks/lifecycle/deployed.js");
  const { parseDuration } = await import("../../base/text/duration.js");
  const { awaitBoot } = await import("../boot.js");
  const timeout = parseDuration((await context.config()).config.boot_timeout);
  const sshOnly = withoutAgent(hosts);
  const booted = await awaitBoot(context, { hosts: namesOf(hosts), sshOnly, flags, timeout, label: "boot" });
  context.note(bootText(booted));
  checkBooted(booted, timeout);
}

async function chosen(context: Context, names: readonly string[]) {
  const { chooseHosts } = await import("../../stacks/lifecycle/deployed.js");
  return chooseHosts(await context.config(), names, context.signal);
}

/** @returns the hosts that were changed; undefined if the user did not agree. */
async function bringAll(
  context: Context,
  wanted: "running" | "stopped",
  hosts: readonly DeployedHost[],
  agree: (machines: readonly Machine[]) => Promise<boolean> = async () => true,
): Promise<readonly DeployedHost[] | undefined> {
  const { planBring } = await import("../../stacks/lifecycle/start-stop.js");
  const { withInstances } = await import("../../stacks/lifecycle/with-instances.js");
  const bring = async (instances: Instances) => {
    const { machines, apply } = await planBring(wanted, hosts, instances);
    if (machines.length > 0 && !(await agree(machines))) return undefined;
    return withSteps(context, wanted === "running" ? "start" : "stop", apply);
  };
  return withInstances(await context.config(), bring, context.signal);
}

/** Addresses change when machines stop and start; Terraform's state has to follow. */
async function refreshAddresses(context: Context, label: string): Promise<void> {
  const { NOT_REFRESHED, refreshState } = await import("../../stacks/lifecycle/sync-state.js");
  const loaded = await context.config();
  if (!(await withSteps(context, label, (options) => refreshState(loaded, options)))) context.warn(NOT_REFRESHED);
}

async function idleState(context: Context, { name }: DeployedHost, flags: HostFlags): Promise<AgentState<IdleInfo>> {
  const { isEmulated } = await import("../../stacks/lifecycle/emulated.js");
  if (isEmulated(context.env)) return { agent: "down", agent_error: "AWS is emulated: nothing has booted" };
  const { connectTo, resolveHost } = await import("../host.js");
  try {
    const client = await connectTo(await resolveHost(context, name, flags), context);
    const idle = await client.idle({ signal: AbortSignal.timeout(AGENT_TIMEOUT) }).finally(() => client.close());
    return { agent: "up", idle };
  } catch (error) {
    context.signal.throwIfAborted();
    const isLate = error instanceof Fault && error.cause instanceof Error && error.cause.name === "TimeoutError";
    const reason = isLate ? "no answer within 5 s" : error instanceof Error ? error.message : String(error);
    return { agent: "down", agent_error: reason };
  }
}

const namesOf = (hosts: readonly DeployedHost[]) => hosts.map(({ name }) => name);
