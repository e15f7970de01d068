/** `sallyport up|plan|down|hosts`: provision, look before it, remove, list. */

import { defined } from "../../base/defined.js";
import { EXIT } from "../../base/fault.js";
import type { TableJson } from "../../firewall/options/table-text.js";
import type { DeploymentOutputs } from "../../stacks/accelerator-hosts/outputs.js";
import type { SyncOutputs } from "../../stacks/firewall-sync/outputs.js";
import type { LabOutputs } from "../../stacks/lab-gateway/outputs.js";
import type { Deployment, DeployOptions } from "../../stacks/lifecycle/deployment.js";
import { isEmulated } from "../../stacks/lifecycle/emulated.js";
import type { MirrorOutputs } from "../../stacks/private-mirror/outputs.js";
import type { PlannedChange } from "../../stacks/terraform/terraform-log.js";
import type { Context, Progress, Register } from "../context.js";

interface PlanFlags {
  readonly caller?: string[];
  readonly check?: boolean;
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
    .description("create the hosts, or change them to what sallyport.yaml says")
    .argument(...STACK)
    .option(...CALLER)
    .option("-y, --yes", "do not ask before a machine is replaced or removed")
    .option("--no-wait", "do not wait until new hosts answer")
    .addHelpText(
      "after",
      `
Prints the firewall rules, then what would change. Asks only when a machine would be replaced or
removed, with all that lies on its disk. Waits until the agents of new hosts answer, for boot_timeout
at most; where AWS is emulated nothing boots, and nothing is awaited. The stack firewall-sync follows a list
of addresses: see docs/firewall-lambda.md. The stack lab-gateway is a lab's network and the gateway to it:
see docs/lab-gateway.md. The stack private-mirror is a network without the Internet, and packages in it:
see docs/private-mirror.md.
From the moment they run, the hosts cost what AWS charges for their instance type.

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
    .description("show what up would create, change and remove; change nothing in AWS")
    .argument(...STACK)
    .option(...CALLER)
    .option("--check", `end with status ${EXIT.changesPending} if there is anything to do`)
    .addHelpText(
      "after",
      "\nExamples:\n  $ sallyport plan\n  $ sallyport plan --check   in CI: 0 as configured, 10 not",
    )
    .action(wrap<[string, PlanFlags]>(plan));
  program
    .command("down")
    .description("remove the hosts and all that was made for them")
    .argument(...STACK)
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Keys, certificate and token on this machine stay.

Examples:
  $ sallyport down
  $ sallyport down --yes
  $ sallyport down firewall-sync`,
    )
    .action(wrap<[string, ChangeFlags]>(down));
  program
    .command("hosts")
    .description("list the hosts that are up, with their addresses")
    .addHelpText("after", "\nExamples:\n  $ sallyport hosts\n  $ sallyport hosts --json | jq -r '.hosts[].public_ip'")
    .action(wrap(hosts));
};

async function plan(context: Context, stack: string, flags: PlanFlags): Promise<number> {
  const { changes, firewall } = await planned(context, stack, flags);
  context.print({ changes, ...firewall }, () => changesText(changes));
  return flags.check === true && changes.length > 0 ? EXIT.changesPending : EXIT.ok;
}

async function up(context: Context, stack: string, flags: ChangeFlags): Promise<number | undefined> {
  const { endsMachine } = await import("../../stacks/lifecycle/deployment.js");
  const loaded = await context.config();
  const { changes, apply } = await planned(context, stack, flags);
  context.note(changesText(changes));
  const ended = changes.filter(endsMachine).map(({ name }) => name.replace(/\/Instance$/, ""));
  ended.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const { fleetLoss } = await import("../boot/fleet-loss.js");
  const loss = await fleetLoss(context, changes);
  if (loss !== undefined) ended.push(loss);
  if (ended.length > 0 && !(await agreed(context, flags, `${ended.join(", ")} would be lost, with all data there.`))) {
    return EXIT.failure;
  }
  await follow(context, "up", apply);
  const outputsTextOf = OUTPUT_TEXTS[stack];
  if (outputsTextOf !== undefined) {
    const { stackNamed } = await import("../../stacks/registry.js");
    const outputs = await stackNamed(stack).readOutputs(loaded);
    context.print({ changes, ...outputs }, () => outputsTextOf(outputs));
    return undefined;
  }
  const { readDeployed } = await import("../deployed.js");
  const outputs = await readDeployed(context);
  const emulated = isEmulated(context.env);
  if (emulated && flags.wait !== false) context.note("AWS is emulated: nothing boots, so nothing is awaited");
  if (emulated || flags.wait === false) {
    context.print({ changes, ...outputs }, () => outputsText(outputs));
    return undefined;
  }
  const { awaitNew } = await import("../boot/new-hosts.js");
  const { bootText, checkBooted } = await import("../boot/await-hosts.js");
  const { boot, timeout, outputs: now } = await awaitNew(context, changes, outputs);
  context.print({ changes, ...now, ...defined({ boot: boot.length === 0 ? undefined : boot }) }, () =>
    outputsText(now),
  );
  if (boot.length > 0) context.note(bootText(boot));
  checkBooted(boot, timeout);
  return undefined;
}

/** Prints the rules as soon as they are known: before Terraform is asked, and before anything is done. */
async function planned(
  context: Context,
  name: string,
  { caller }: Pick<PlanFlags, "caller">,
): Promise<Deployment & { readonly firewall: { readonly firewall?: TableJson } }> {
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
    context.warn(`there is no spot instance for ${hosts}: on demand instead, at the price of that`);
  };
  const plan = await follow(context, "plan", (options) =>
    planUp(loaded, { ...options, stack, onTable, onFallback, ...defined({ caller }) }),
  );
  return { ...plan, firewall };
}

async function down(context: Context, name: string, flags: ChangeFlags): Promise<number | undefined> {
  const { planDown } = await import("../../stacks/lifecycle/deploy.js");
  const { stackNamed } = await import("../../stacks/registry.js");
  const stack = stackNamed(name).name;
  const loaded = await context.config();
  const planned = await follow(context, "plan", (options) => planDown(loaded, { ...options, stack }));
  if (planned.changes.length > 0) {
    context.note(changesText(planned.changes));
    if (!(await agreed(context, flags, `${count(planned.changes.length)} would be removed.`))) return EXIT.failure;
    await follow(context, "down", planned.apply);
  }
  context.print({ changes: planned.changes }, ({ changes }) =>
    changes.length === 0 ? "nothing is deployed from here" : `removed ${count(changes.length)}`,
  );
  return undefined;
}

async function hosts(context: Context): Promise<void> {
  const { readDeployed } = await import("../deployed.js");
  context.print(await readDeployed(context), outputsText);
}

async function agreed(context: Context, flags: ChangeFlags, what: string): Promise<boolean> {
  if (flags.yes === true) return true;
  const { confirm } = await import("../confirm.js");
  if (await confirm(context, what)) return true;
  context.note("nothing was changed");
  return false;
}

/** Draws each step on a terminal, and prints it as a line elsewhere. */
async function follow<T>(context: Context, label: string, work: (options: DeployOptions) => Promise<T>): Promise<T> {
  const progress: Progress = context.progress(label);
  try {
    return await work({
      env: context.env,
      signal: context.signal,
      onStep: (text) => {
        if (process.stderr.isTTY) progress.update(text);
        else context.note(`${label}: ${text}`);
      },
    });
  } finally {
    progress.done();
  }
}

const SIGNS = { create: "+", update: "~", replace: "-/+", delete: "-" } as const;

function changesText(changes: readonly PlannedChange[]): string {
  if (changes.length === 0) return "nothing to change";
  const lines = [...changes]
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
    .map(({ action, name, type }) => `  ${SIGNS[action].padEnd(3)} ${name}  (${type})`);
  const counts = Object.keys(SIGNS)
    .map((action) => [action, changes.filter((change) => change.action === action).length] as const)
    .filter(([, number]) => number > 0)
    .map(([action, number]) => `${number} to ${action}`);
  return [...lines, counts.join(", ")].join("\n");
}

function outputsText(outputs: DeploymentOutputs): string {
  const perHost = outputs.hosts.flatMap((host) => [
    host.name,
    `  instance     ${host.instance_id}`,
    `  address      ${[host.public_ip, host.private_ip].filter(Boolean).join(", private ")}`,
    `  agent        ${host.agent_url}`,
    `  log in       sallyport ssh ${host.name}`,
    `  or           ${host.ssh_command}`,
  ]);
  const { fleet } = outputs;
  return [
    ...perHost,
    ...(fleet === undefined
      ? []
      : [`fleet          ${fleet.autoscaling_group_name}: ${hostCount(outputs.hosts.length)}`]),
    `callers        ${outputs.callers.join(", ") || "none"} (security group ${outputs.security_group_id})`,
    `certificate    ${outputs.certificate_fingerprint === "" ? "none: plain HTTP" : `SHA-256 ${outputs.certificate_fingerprint}`}`,
  ].join("\n");
}

/** What `up` prints of the stacks that have no hosts. */
const OUTPUT_TEXTS: Readonly<Record<string, (outputs: object) => string>> = {
  "firewall-sync": (outputs) => syncOutputsText(outputs as SyncOutputs),
  "lab-gateway": (outputs) => labOutputsText(outputs as LabOutputs),
  "private-mirror": (outputs) => mirrorOutputsText(outputs as MirrorOutputs),
};

function syncOutputsText({ function_name, log_group, schedule }: SyncOutputs): string {
  return [
    `function       ${function_name}`,
    `runs           ${schedule}`,
    `its log        aws logs tail ${log_group} --since 1h`,
  ].join("\n");
}

function labOutputsText(outputs: LabOutputs): string {
  return [
    `gateway        ${outputs.gateway_url}`,
    `machine        ${outputs.instance_id}`,
    `log in         ${outputs.ssh_command}`,
    `lab's subnets  ${outputs.lab_subnet_ids.join(", ")} (VPC ${outputs.vpc_id})`,
    `callers        ${outputs.callers.join(", ")} (security group ${outputs.security_group_id})`,
    `certificate    SHA-256 ${outputs.certificate_fingerprint}`,
    `a token        ${outputs.token_command}`,
    `a way in       ${outputs.connect_command}`,
  ].join("\n");
}

function mirrorOutputsText(outputs: MirrorOutputs): string {
  return [
    `packages       ${Object.values(outputs.mirror_endpoints).join(", ")}`,
    `for            ${outputs.mirror_readers.join(", ")}`,
    `their policy   ${outputs.mirror_policy_arn}`,
    `subnets        ${outputs.network_subnet_ids.join(", ")} (VPC ${outputs.network_vpc_id}, ${outputs.network_cidr})`,
    `ways out       ${outputs.network_services.join(", ")}${outputs.network_s3_endpoint_id === "" ? "" : ", s3"}`,
    `log in         ${outputs.mirror_login}`,
  ].join("\n");
}

function hostCount(hosts: number): string {
  return hosts === 1 ? "1 host runs" : `${hosts} hosts run`;
}

function count(resources: number): string {
  return resources === 1 ? "1 resource" : `${resources} resources`;
}
