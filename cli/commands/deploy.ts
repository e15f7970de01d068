/** `sallyport up|plan|down|hosts`: provision, look before it, remove, list. */
import { EXIT } from "../../base/fault.js";
import type { DeployOptions } from "../../stacks/deploy.js";
import type { DeploymentOutputs } from "../../stacks/outputs.js";
import type { PlannedChange } from "../../stacks/terraform-log.js";
import type { Context, Progress, Register } from "../context.js";

interface PlanFlags {
  readonly caller?: string[];
  readonly check?: boolean;
}

interface ChangeFlags {
  readonly caller?: string[];
  readonly yes?: boolean;
}

const CALLER = ["--caller <address...>", "who may reach the hosts (default: caller, else this machine)"] as const;

export const register: Register = (program, wrap) => {
  program
    .command("up")
    .description("create the hosts, or change them to what sallyport.yaml says")
    .option(...CALLER)
    .option("-y, --yes", "do not ask before a machine is replaced or removed")
    .addHelpText(
      "after",
      `
Asks only when a machine would be replaced or removed, with all that lies on its disk.
From the moment they run, the hosts cost what AWS charges for their instance type.

Examples:
  $ sallyport up
  $ sallyport up --caller 203.0.113.7 198.51.100.0/24
  $ sallyport up --yes --json`,
    )
    .action(wrap<[ChangeFlags]>(up));
  program
    .command("plan")
    .description("show what up would create, change and remove; change nothing in AWS")
    .option(...CALLER)
    .option("--check", `end with status ${EXIT.changesPending} if there is anything to do`)
    .addHelpText(
      "after",
      "\nExamples:\n  $ sallyport plan\n  $ sallyport plan --check   in CI: 0 as configured, 10 not",
    )
    .action(wrap<[PlanFlags]>(plan));
  program
    .command("down")
    .description("remove the hosts and all that was made for them")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Keys, certificate and token on this machine stay.

Examples:
  $ sallyport down
  $ sallyport down --yes`,
    )
    .action(wrap<[ChangeFlags]>(down));
  program
    .command("hosts")
    .description("list the hosts that are up, with their addresses")
    .addHelpText("after", "\nExamples:\n  $ sallyport hosts\n  $ sallyport hosts --json | jq -r '.hosts[].public_ip'")
    .action(wrap(hosts));
};

async function plan(context: Context, flags: PlanFlags): Promise<number> {
  const { planUp } = await import("../../stacks/deploy.js");
  const { changes } = await follow(context, "plan", async (options) =>
    planUp(await context.config(), withCaller(options, flags.caller)),
  );
  context.print({ changes }, () => changesText(changes));
  return flags.check === true && changes.length > 0 ? EXIT.changesPending : EXIT.ok;
}

async function up(context: Context, flags: ChangeFlags): Promise<number | undefined> {
  const { endsMachine, planUp } = await import("../../stacks/deploy.js");
  const { readOutputs } = await import("../../stacks/outputs.js");
  const loaded = await context.config();
  const planned = await follow(context, "plan", (options) => planUp(loaded, withCaller(options, flags.caller)));
  context.note(changesText(planned.changes));
  const ended = planned.changes.filter(endsMachine).map(({ name }) => name.replace(/\/Instance$/, ""));
  ended.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (ended.length > 0 && !(await agreed(context, flags, `${ended.join(", ")} would be lost, with all data there.`))) {
    return EXIT.failure;
  }
  await follow(context, "up", planned.apply);
  const outputs = await readOutputs(loaded);
  context.print({ changes: planned.changes, ...outputs }, () => outputsText(outputs));
  return undefined;
}

async function down(context: Context, flags: ChangeFlags): Promise<number | undefined> {
  const { planDown } = await import("../../stacks/deploy.js");
  const loaded = await context.config();
  const planned = await follow(context, "plan", (options) => planDown(loaded, options));
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
  const { readOutputs } = await import("../../stacks/outputs.js");
  context.print(await readOutputs(await context.config()), outputsText);
}

async function agreed(context: Context, flags: ChangeFlags, what: string): Promise<boolean> {
  if (flags.yes === true) return true;
  const { confirm } = await import("../confirm.js");
  if (await confirm(context, what)) return true;
  context.note("nothing was changed");
  return false;
}

function withCaller(options: DeployOptions, caller: readonly string[] | undefined): DeployOptions {
  return caller === undefined ? options : { ...options, caller };
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
  return [
    ...perHost,
    `callers        ${outputs.callers.join(", ")} (security group ${outputs.security_group_id})`,
    `certificate    ${outputs.certificate_fingerprint === "" ? "none: plain HTTP" : `SHA-256 ${outputs.certificate_fingerprint}`}`,
  ].join("\n");
}

function count(resources: number): string {
  return resources === 1 ? "1 resource" : `${resources} resources`;
}
