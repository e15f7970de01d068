/** `sallyport up|plan|down|hosts`: deploys the stacks, previews and removes them, and lists the hosts. */
import { defined } from "../../base/defined.js";
import { EXIT } from "../../base/fault.js";
import type { TableJson } from "../../firewall/options/table-text.js";
import type { Deployment, DeployOptions, PlannedUp } from "../../stacks/lifecycle/deployment.js";
import type { Untracked } from "../../stacks/untracked/untracked.js";
import type { Context, Register } from "../context.js";
import { openSteps, type Steps } from "../steps.js";
import { lookForUntracked, warnOfUntracked } from "../untracked.js";

interface PlanFlags {
  readonly caller?: string[];
  readonly check?: boolean;
}

interface DownFlags {
  readonly yes?: boolean;
  readonly orphans?: boolean;
}

interface ChangeFlags {
  readonly caller?: string[];
  readonly yes?: boolean;
  /** False with `--no-wait`. */
  readonly wait?: boolean;
}

const STACK = [
  "[stack]",
  "accelerator-hosts, firewall-sync, lab-gateway or private-mirror",
  "accelerator-hosts",
] as const;
const CALLER = ["--caller <address...>", "who may reach the hosts (default: caller, else this machine)"] as const;

export const register: Register = (program, wrap) => {
  program
    .command("up")
    .description("create the hosts, or change them to match sallyport.yaml")
    .argument(...STACK)
    .option(...CALLER)
    .option("-y, --yes", "start, replace and remove machines without asking")
    .option("--no-wait", "return before new hosts answer")
    .addHelpText(
      "after",
      `
Asks AWS first whether it can be done: credentials, region, network, instance type, quota and price.
Prints the firewall rules, then the planned changes. Asks before it starts what costs money, with the
price per hour and day, and before it replaces or removes a machine, because the data on its disk is lost.
Without a terminal, --yes is needed for both; in CI (the variable CI is set) only for the latter.
Waits until the agents of new hosts answer, for boot_timeout at most; an emulated AWS boots nothing, so
there is nothing to wait for.

Other stacks:
  firewall-sync    rules that follow a list of addresses: docs/tasks/follow-an-address-list-with-lambda.md
  lab-gateway      a lab's network and its gateway: docs/tasks/lab-behind-a-gateway.md
  private-mirror   a network without the Internet, with packages: docs/tasks/packages-without-internet.md

Examples:
  $ sallyport up
  $ sallyport up --caller 203.0.113.7 --caller 198.51.100.0/24
  $ sallyport up --yes --json
  $ sallyport up --no-wait
  $ sallyport up firewall-sync
  $ sallyport up lab-gateway
  $ sallyport up private-mirror`,
    )
    .action(wrap<[string, ChangeFlags]>(up));
  program
    .command("plan")
    .description("show what up would create, change and remove, without changing anything in AWS")
    .argument(...STACK)
    .option(...CALLER)
    .option("--check", `exit with status ${EXIT.changesPending} if there are changes`)
    .addHelpText(
      "after",
      "\nExamples:\n  $ sallyport plan\n  $ sallyport plan --check   in CI: 0 as configured, 10 not",
    )
    .action(wrap<[string, PlanFlags]>(plan));
  program
    .command("down")
    .description("remove the hosts and every resource made for them")
    .argument(...STACK)
    .option("--orphans", "terminate only machines of this project that an interrupted run left out of the state")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Keys, certificate and token on this machine stay.

Examples:
  $ sallyport down
  $ sallyport down --yes
  $ sallyport down firewall-sync
  $ sallyport down --orphans`,
    )
    .action(wrap<[string, DownFlags]>(down));
  program
    .command("hosts")
    .description("list the deployed hosts and their addresses")
    .addHelpText("after", "\nExamples:\n  $ sallyport hosts\n  $ sallyport hosts --json | jq -r '.hosts[].public_ip'")
    .action(wrap(hosts));
};

async function plan(context: Context, stack: string, flags: PlanFlags): Promise<number> {
  const { changesText } = await import("../../stacks/terraform/changes-text.js");
  let untracked: readonly Untracked[] | undefined;
  const { changes, firewall, preflight } = await planned(context, stack, flags, openSteps(context), (found) => {
    untracked = found;
  });
  if (untracked !== undefined) await warnOfUntracked(context, untracked);
  context.print(defined({ changes, ...firewall, preflight, untracked }), () => changesText(changes));
  return flags.check === true && changes.length > 0 ? EXIT.changesPending : EXIT.ok;
}

async function up(context: Context, stack: string, flags: ChangeFlags): Promise<number | undefined> {
  const { isEmulated } = await import("../../stacks/lifecycle/emulated.js");
  const { endsMachine } = await import("../../stacks/lifecycle/deployment.js");
  const { fleetLoss } = await import("../../stacks/lifecycle/new-machines.js");
  const { changesText } = await import("../../stacks/terraform/changes-text.js");
  const { STACK_NAME } = await import("../../stacks/names.js");
  const { agreed, asksPrice } = await import("../terminal/confirm.js");
  const loaded = await context.config();
  const steps = openSteps(context);
  const { untrackedLeft } = await import("../../stacks/untracked/errors.js");
  const { changes, apply, cost } = await planned(context, stack, flags, steps, (untracked) => {
    throw untrackedLeft(untracked);
  });
  context.note(changesText(changes));
  const ended = changes.filter(endsMachine).map(({ name }) => name.replace(/\/Instance$/, ""));
  ended.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const lost = [...ended, (await fleetLoss(loaded, changes, context.signal)) ?? []].flat();
  const loss = lost.length === 0 ? undefined : `${lost.join(", ")} would be lost, with all data there.`;
  const price = isEmulated(context.env) ? undefined : cost;
  const isPriceAsked = price !== undefined && asksPrice(context, flags.yes);
  if (price !== undefined && !isPriceAsked) context.note(price);
  const question = [isPriceAsked ? price : undefined, loss].filter(Boolean).join(" ");
  if (question !== "" && !(await agreed(context, flags.yes, question))) return EXIT.failure;
  await steps("up", apply);
  if (stack === STACK_NAME) return printNewHosts(context, changes, flags.wait !== false);
  const { stackNamed } = await import("../../stacks/registry.js");
  const { outputs, text } = await stackNamed(stack).describeOutputs(loaded);
  context.print({ changes, ...outputs }, () => text);
  return undefined;
}

async function printNewHosts(context: Context, changes: Deployment["changes"], waits: boolean): Promise<undefined> {
  const { isEmulated } = await import("../../stacks/lifecycle/emulated.js");
  const { outputsText } = await import("../../stacks/accelerator-hosts/outputs.js");
  const { readDeployed } = await import("../../stacks/lifecycle/deployed.js");
  const { bootText, checkBooted } = await import("../../client/agent/await-hosts.js");
  const deployed = await readDeployed(await context.config(), context.signal);
  const emulated = isEmulated(context.env);
  if (emulated && waits) context.note("AWS is emulated: nothing boots, so there is nothing to wait for");
  const { awaitNew } = await import("../boot.js");
  const { boot, timeout, outputs } =
    emulated || !waits ? { boot: [], timeout: 0, outputs: deployed } : await awaitNew(context, changes, deployed);
  const booted = defined({ boot: boot.length === 0 ? undefined : boot });
  context.print({ changes, ...outputs, ...booted }, () => outputsText(outputs));
  if (boot.length > 0) context.note(bootText(boot));
  checkBooted(boot, timeout);
  return undefined;
}

/** Prints the rules as soon as they are known: before Terraform plans, and before anything changes. */
async function planned(
  context: Context,
  name: string,
  { caller }: Pick<PlanFlags, "caller">,
  steps: Steps,
  onUntracked: NonNullable<DeployOptions["onUntracked"]>,
): Promise<PlannedUp & { readonly firewall: { readonly firewall?: TableJson } }> {
  const { planUp } = await import("../../stacks/lifecycle/deploy.js");
  const { stackNamed } = await import("../../stacks/registry.js");
  const { tableJson, tableText } = await import("../../firewall/options/table-text.js");
  const stack = stackNamed(name).name;
  const loaded = await context.config();
  let firewall: { firewall?: TableJson } = {};
  const onTable: NonNullable<DeployOptions["onTable"]> = (table, warnings) => {
    for (const warning of warnings) context.warn(warning);
    firewall = { firewall: tableJson(table) };
    context.note(tableText(tableJson(table)));
  };
  const onFallback: NonNullable<DeployOptions["onFallback"]> = (refusals) => {
    const hosts = refusals.map(({ host, code }) => `${host} (${code})`).join(", ");
    context.warn(`EC2 has no spot instance for ${hosts}: using on-demand instances, at the on-demand price`);
  };
  const { findingsText } = await import("../../stacks/preflight/preflight.js");
  const onPreflight: NonNullable<DeployOptions["onPreflight"]> = (findings) => context.note(findingsText(findings));
  const plan = await steps("plan", (options) =>
    planUp(loaded, { ...options, stack, onPreflight, onTable, onUntracked, onFallback, ...defined({ caller }) }),
  );
  return { ...plan, firewall };
}

async function down(context: Context, name: string, flags: DownFlags): Promise<number | undefined> {
  if (flags.orphans === true) return removeOrphans(context, flags);
  const { planDown } = await import("../../stacks/lifecycle/deploy.js");
  const { stackNamed } = await import("../../stacks/registry.js");
  const { changesText, resourceCount } = await import("../../stacks/terraform/changes-text.js");
  const { agreed } = await import("../terminal/confirm.js");
  const stack = stackNamed(name).name;
  const loaded = await context.config();
  const steps = openSteps(context);
  const { changes, apply } = await steps("plan", (options) => planDown(loaded, { ...options, stack }));
  if (changes.length > 0) {
    context.note(changesText(changes));
    if (!(await agreed(context, flags.yes, `${resourceCount(changes)} would be removed.`))) return EXIT.failure;
    await steps("down", apply);
  }
  const untracked = await lookForUntracked(context);
  context.print(defined({ changes, untracked: untracked.length === 0 ? undefined : untracked }), () =>
    changes.length === 0 ? "nothing is deployed from here" : `removed ${resourceCount(changes)}`,
  );
  return undefined;
}

async function removeOrphans(context: Context, { yes }: DownFlags): Promise<number | undefined> {
  const { planOrphans } = await import("../../stacks/untracked/remove.js");
  const { untrackedText } = await import("../../stacks/untracked/untracked.js");
  const { agreed } = await import("../terminal/confirm.js");
  const loaded = await context.config();
  const { orphans, remove } = await planOrphans(loaded, { env: context.env, signal: context.signal });
  if (orphans.length > 0) {
    const question = `${untrackedText(orphans)} would be terminated, with all data there.`;
    if (!(await agreed(context, yes, question))) return EXIT.failure;
    await remove();
  }
  const ids = orphans.map(({ id }) => id);
  context.print({ terminated: ids }, () =>
    ids.length === 0 ? "no machine of this project is missing in its state" : `terminated ${ids.join(", ")}`,
  );
  return undefined;
}

async function hosts(context: Context): Promise<void> {
  const { outputsText } = await import("../../stacks/accelerator-hosts/outputs.js");
  const { readDeployed } = await import("../../stacks/lifecycle/deployed.js");
  context.print(await readDeployed(await context.config(), context.signal), outputsText);
}
