/** What the server of the Hosts page asks, answered by the same functions that the commands call. */
import { cached } from "../../base/async/cached.js";
import { parseDuration } from "../../base/text/duration.js";
import { resolveCaller } from "../../firewall/caller/lookup.js";
import { parseLeaseSource } from "../../firewall/request/lease-source.js";
import { parsePorts } from "../../firewall/request/ports.js";
import { accessRows } from "../../firewall/security-group/access-rows.js";
import { grantLease, type LeaseOptions, revokeLease } from "../../firewall/security-group/leases.js";
import { type DeployedHost, readOutputs } from "../../stacks/accelerator-hosts/outputs.js";
import { chooseHosts } from "../../stacks/lifecycle/deployed.js";
import { deployedStacks } from "../../stacks/lifecycle/deployed-stacks.js";
import type { Instances } from "../../stacks/lifecycle/instances.js";
import { planBring, type Wanted } from "../../stacks/lifecycle/start-stop.js";
import { planStart, planStop } from "../../stacks/lifecycle/stop-plan.js";
import { NOT_REFRESHED, planTerminate, refreshState } from "../../stacks/lifecycle/sync-state.js";
import { withInstances } from "../../stacks/lifecycle/with-instances.js";
import type { Backend, Progress } from "../../ui/server/backend.js";
import type { Context } from "../context.js";
import { withLeases } from "../firewall.js";
import { Agents } from "./agents.js";
import { hostLister } from "./hosts.js";

/** @param prices US dollars per hour by instance type, as the user gave them. */
export async function createBackend(context: Context, prices: ReadonlyMap<string, number>): Promise<Backend> {
  const loaded = await context.config();
  const { env } = context;
  const agents = new Agents(context);
  const listHosts = hostLister(loaded, { env, prices });
  const callers = cached(60_000, async () => (await resolveCaller(loaded.config.caller, env)).callers);
  const options = ({ signal, onStep }: Progress) => ({ env, signal, onStep, onNote: onStep });
  const bring = async (wanted: Wanted, hosts: readonly DeployedHost[], progress: Progress) => {
    const work = async (instances: Instances) => (await planBring(wanted, hosts, instances)).apply(options(progress));
    await withInstances(loaded, work, progress.signal);
    return (await refreshState(loaded, options(progress))) ? undefined : NOT_REFRESHED;
  };
  /** The hosts' own group. The context's signal ends its calls; that of the operation is the same. */
  const inGroup = <T>(use: (leases: LeaseOptions) => Promise<T>) => withLeases(context, {}, use);

  return {
    project: loaded.projectDir,
    deployments: () => deployedStacks(loaded),
    hosts: listHosts,
    agent: (name) => agents.get(name),
    async access() {
      const ports = loaded.config.allow_ports.map(String);
      const { security_group_id: group } = await readOutputs(loaded);
      if (group === "") return { group, rules: [], ports };
      const rules = await inGroup(({ ec2, groupIds, signal }) => ec2.readRules(groupIds, signal));
      return { group, rules: accessRows(rules.get(group) ?? [], new Date()), ports };
    },
    async grant(request, { onStep }) {
      const { name, why } = request;
      const from = request.from.map(async (text) => (text === "caller" ? callers() : [parseLeaseSource(text)]));
      const sources = (await Promise.all(from)).flat();
      const ports = parsePorts(request.ports);
      const until = new Date(Math.floor((Date.now() + parseDuration(request.for)) / 1000) * 1000);
      onStep(`adding rules for ${sources.join(", ")}`);
      await inGroup((leases) => grantLease(leases, { name, sources, ports, until, ...(why === "" ? {} : { why }) }));
      return undefined;
    },
    async revoke(holder, confirmed, { onStep }) {
      onStep(`removing the rules of ${holder}`);
      const own = confirmed ? [] : await callers();
      await inGroup((leases) =>
        revokeLease({ ...leases, callers: own, overrides: { confirmLockout: confirmed } }, holder),
      );
      return undefined;
    },
    async stop(name, mode, progress) {
      const plan = planStop(await chooseHosts(loaded, [name], progress.signal), mode);
      if (plan.terminated.length > 0) await (await planTerminate(loaded, plan.terminated, options(progress))).apply();
      return plan.stopped.length > 0 ? bring("stopped", plan.stopped, progress) : undefined;
    },
    async start(name, progress) {
      const hosts = planStart(await chooseHosts(loaded, [name], progress.signal), [name]);
      return bring("running", hosts, progress);
    },
    close: () => agents.close(),
  };
}
