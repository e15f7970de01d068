/** `sallyport status|stop|start [HOST…]`: how the hosts are, and what they cost; pause them, end them, bring them back. */
import { EXIT, Fault } from "../../base/fault.js";
import type { IdleInfo } from "../../client/agent/answers.js";
import type { DeployedHost } from "../../stacks/accelerator-hosts/outputs.js";
import { isEmulated } from "../../stacks/lifecycle/emulated.js";
import type { AgentState, HostStatus, Price } from "../../stacks/lifecycle/host-status.js";
import type { Instances } from "../../stacks/lifecycle/instances.js";
import type { StopMode } from "../../stacks/lifecycle/stop-mode.js";
import type { Context, Register } from "../context.js";
import { type HostFlags, withHostFlags } from "../host.js";

interface StatusFlags extends HostFlags {
  readonly price?: string[];
}

interface StopFlags {
  readonly mode?: string;
  readonly yes?: boolean;
}

interface StartFlags extends HostFlags {
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

const HOSTS = ["[host...]", "names, addresses or instance ids (default: all that are deployed)"] as const;
/** Milliseconds; a host that is up answers in a tenth of that. */
const AGENT_TIMEOUT = 5_000;

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("status"))
    .description("how the hosts are: running or not, idle for how long, and what they cost so far")
    .argument(...HOSTS)
    // Not variadic: hosts may follow.
    .option("--price <type=usd>", "what an hour of an instance type costs; repeatable (or: SALLYPORT_PRICES)", collect)
    .addHelpText(
      "after",
      `
A spot instance's price is asked of EC2. An on-demand price is yours to give: docs/autostop.md has the
command that asks AWS for it.

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
    .option("-y, --yes", "do not ask before machines are terminated")
    .addHelpText(
      "after",
      `
term removes the machine and all that lies on its disk; sallyport up makes a new one. stop keeps the
disk, which goes on costing; sallyport start brings the host back, mostly at another address. keep does
nothing but say so. Everything else of the deployment stays: sallyport down removes that too.

Examples:
  $ sallyport stop accelerator-2 --mode stop
  $ sallyport stop --mode term --yes`,
    )
    .action(wrap<[string[], StopFlags]>(stop));
  withHostFlags(program.command("start"))
    .description("start hosts that were stopped, and learn their new addresses")
    .argument(...HOSTS)
    .option("--no-wait", "do not wait until their agents answer")
    .addHelpText("after", "\nExamples:\n  $ sallyport start\n  $ sallyport start accelerator-2 --no-wait")
    .action(wrap<[string[], StartFlags]>(start));
};

async function status(context: Context, names: string[], flags: StatusFlags): Promise<void> {
  const { parsePrices } = await import("../../stacks/lifecycle/prices.js");
  const { hostStatus, statusText } = await import("../../stacks/lifecycle/host-status.js");
  const { idleLines } = await import("../../client/agent/idle-text.js");
  const prices = parsePrices([context.env.SALLYPORT_PRICES ?? "", ...(flags.price ?? [])]);
  const { hosts } = await chosen(context, names);
  const told = await withInstances(context, async (instances) => {
    const machines = await instances.read(idsOf(hosts), context.signal);
    return Promise.all(
      hosts.map(async (host): Promise<HostStatus<IdleInfo>> => {
        const machine = machines.get(host.instance_id);
        const isUp = machine === undefined || machine.state === "running";
        const agent: AgentState<IdleInfo> =
          isUp && host.agent_url ? await askAgent(context, host, flags) : { agent: "none" };
        const given = prices.get(machine?.type || host.instance_type);
        const spot = given === undefined && machine?.spot ? await instances.spotPrice(machine, context.signal) : given;
        const source: Price["source"] = given === undefined ? "spot price of now" : "given";
        const price = spot === undefined ? undefined : { usd_per_hour: spot, source };
        return hostStatus(host, { machine, agent, price, now: new Date() });
      }),
    );
  });
  context.print({ hosts: told }, ({ hosts }) => statusText(hosts, idleLines));
}

async function stop(context: Context, names: string[], flags: StopFlags): Promise<number | undefined> {
  const { parseStopMode } = await import("../../stacks/lifecycle/stop-mode.js");
  const errors = await import("../../stacks/lifecycle/errors.js");
  const mode = flags.mode === undefined ? undefined : parseStopMode(flags.mode);
  const { hosts, isFleet } = await chosen(context, names);
  const by = (wanted: StopMode) => hosts.filter((host) => (mode ?? host.stop_mode) === wanted);
  const [ended, stopped, kept] = [by("term"), by("stop"), by("keep")];
  // Judged for all before anything is done to one.
  for (const host of [...ended, ...stopped]) {
    if (isFleet) throw errors.inFleet();
    if (host.kind === "address") throw errors.onlyAddress(host.name);
  }
  for (const { name, instance_id, kind } of ended) if (kind === "instance") throw errors.notOurs(name, instance_id);
  if (ended.length > 0 && !(await terminate(context, ended, flags))) return EXIT.failure;
  if (stopped.length > 0) {
    await withInstances(context, (instances) => bringAll(context, "stopped", stopped, instances));
    await refreshed(context, "stop");
  }
  const did = { terminated: namesOf(ended), stopped: namesOf(stopped), kept: namesOf(kept) };
  context.print(did, () =>
    [
      ...did.terminated.map((name) => `${name} is terminated`),
      ...did.stopped.map((name) => `${name} is stopped`),
      ...kept.map(({ name, instance_id }) => `${name}${instance_id && ` (${instance_id})`} is still running`),
    ].join("\n"),
  );
  return undefined;
}

async function terminate(context: Context, hosts: readonly DeployedHost[], flags: StopFlags): Promise<boolean> {
  const { planTerminate } = await import("../../stacks/lifecycle/sync-state.js");
  if (flags.yes !== true) {
    const { confirm } = await import("../confirm.js");
    const what = `${namesOf(hosts).join(", ")} would be terminated, with all data there.`;
    if (!(await confirm(context, what))) {
      context.note("nothing was changed");
      return false;
    }
  }
  const loaded = await context.config();
  await follow(context, "stop", async (options) => (await planTerminate(loaded, hosts, options)).apply());
  return true;
}

async function start(context: Context, names: string[], flags: StartFlags): Promise<void> {
  const errors = await import("../../stacks/lifecycle/errors.js");
  const { hosts: wanted, isFleet } = await chosen(context, names);
  if (isFleet) throw errors.inFleet();
  // All hosts are those that can be; one that was named has to be.
  const hosts = names.length > 0 ? wanted : wanted.filter(({ kind }) => kind !== "address");
  for (const { kind, name } of hosts) if (kind === "address") throw errors.onlyAddress(name);
  const started = await withInstances(context, (instances) => bringAll(context, "running", hosts, instances));
  await refreshed(context, "start");
  const after = await chosen(context, names);
  const now = after.hosts.filter(({ instance_id }) => started.some((host) => host.instance_id === instance_id));
  context.print({ started: namesOf(started), hosts: after.hosts }, () =>
    started.length === 0
      ? "all of them run already"
      : now.map(({ name, public_ip, private_ip }) => `${name} runs at ${public_ip || private_ip}`).join("\n"),
  );
  if (flags.wait && now.length > 0) await awaitAgents(context, now, flags);
}

async function awaitAgents(context: Context, hosts: readonly DeployedHost[], flags: HostFlags): Promise<void> {
  if (isEmulated(context.env)) return context.note("AWS is emulated: nothing boots, so nothing is awaited");
  const { awaitHosts, bootText, checkBooted } = await import("../boot/await-hosts.js");
  const { withoutAgent } = await import("../deployed.js");
  const { parseDuration } = await import("../../base/text/duration.js");
  const timeout = parseDuration((await context.config()).config.boot_timeout);
  const sshOnly = withoutAgent(hosts);
  const booted = await awaitHosts(context, { hosts: namesOf(hosts), sshOnly, flags, timeout, label: "boot" });
  context.note(bootText(booted));
  checkBooted(booted, timeout);
}

/** The hosts that are meant. @throws Fault (exit status 3) where nothing, or no such host, is deployed. */
async function chosen(context: Context, names: readonly string[]) {
  const { findHost } = await import("../../stacks/accelerator-hosts/outputs.js");
  const { readDeployed } = await import("../deployed.js");
  const outputs = await readDeployed(context);
  const hosts = names.length === 0 ? outputs.hosts : [...new Set(names.map((name) => findHost(outputs, name)))];
  return { hosts, isFleet: outputs.fleet !== undefined };
}

async function withInstances<T>(context: Context, work: (instances: Instances) => Promise<T>): Promise<T> {
  const { Instances } = await import("../../stacks/lifecycle/instances.js");
  const instances = new Instances({ region: (await context.config()).config.region });
  try {
    return await work(instances);
  } finally {
    instances.close();
  }
}

async function bringAll(
  context: Context,
  wanted: "running" | "stopped",
  hosts: readonly DeployedHost[],
  instances: Instances,
): Promise<DeployedHost[]> {
  const { bring } = await import("../../stacks/lifecycle/start-stop.js");
  const label = wanted === "running" ? "start" : "stop";
  return follow(context, label, (options) => bring(wanted, hosts, instances, options));
}

/** The addresses of machines change when they stop and start; the state has to follow. */
async function refreshed(context: Context, label: string): Promise<void> {
  const { refreshState } = await import("../../stacks/lifecycle/sync-state.js");
  const loaded = await context.config();
  if (await follow(context, label, (options) => refreshState(loaded, options))) return;
  context.warn('the addresses could not be renewed, since hosts of the configuration are missing: run "sallyport up"');
}

async function askAgent(context: Context, { name }: DeployedHost, flags: HostFlags): Promise<AgentState<IdleInfo>> {
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

interface FollowOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

async function follow<T>(context: Context, label: string, work: (options: FollowOptions) => Promise<T>): Promise<T> {
  const progress = context.progress(label);
  const onStep = (text: string) => {
    if (process.stderr.isTTY) progress.update(text);
    else context.note(`${label}: ${text}`);
  };
  try {
    return await work({ env: context.env, signal: context.signal, onStep });
  } finally {
    progress.done();
  }
}

const collect = (value: string, before: readonly string[] = []) => [...before, value];
const idsOf = (hosts: readonly DeployedHost[]) => hosts.map(({ instance_id }) => instance_id).filter(Boolean);
const namesOf = (hosts: readonly DeployedHost[]) => hosts.map(({ name }) => name);
