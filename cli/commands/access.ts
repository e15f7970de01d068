/** `sallyport access grant|list|renew|revoke`: temporary access. */
import { Option } from "commander";
import { defined } from "../../base/defined.js";
import type { LeaseOptions } from "../../firewall/security-group/leases.js";
import type { Report } from "../../firewall/security-group/report.js";
import type { Context, Register } from "../context.js";
import {
  askingOnLockout,
  callersOf,
  type GroupFlags,
  type LeaseFlags,
  leasePorts,
  leaseSources,
  withLeases,
} from "../firewall.js";

interface GrantFlags extends LeaseFlags {
  readonly from: string[];
  readonly ports?: string[];
  readonly protocol: "tcp" | "udp";
  readonly for: string;
  readonly why?: string;
}

interface RenewFlags extends LeaseFlags {
  readonly from?: string[];
  readonly for: string;
}

const GROUP = ["--group <sg...>", "security groups (default: that of the deployed hosts)"] as const;
const REGION = ["--region <region>", "region of the groups (default: region)"] as const;
const FOR = ["--for <span>", "duration from now: 30m, 8h, 2d"] as const;
const DRY_RUN = ["--dry-run", "print the changes without making them"] as const;
const CONFIRM = ["--confirm-lockout", "allow removing the access of this machine's own address"] as const;

export const register: Register = (program, wrap) => {
  const access = program.command("access").description("grant temporary access, with rules that carry their end");
  access
    .command("grant")
    .description("grant NAME access for a time")
    .argument("<name>", "holder of the access")
    .option("--from <address...>", "addresses or blocks, or caller: this machine", ["caller"])
    .option("--ports <ports...>", "22,443 or 8000-8010 (default: allow_ports)")
    .addOption(new Option("--protocol <name>", "protocol of the ports").choices(["tcp", "udp"]).default("tcp"))
    .requiredOption(...FOR)
    .option("--why <text>", "reason, which the rules carry beside their end")
    .option(...GROUP)
    .option(...REGION)
    .option(...DRY_RUN)
    .addHelpText(
      "after",
      `
Each rule carries its end. After that, the next "sallyport firewall sync" of the group removes it, and so
does every access command except list.

Examples:
  $ sallyport access grant ada --for 8h
  $ sallyport access grant ada --from 198.51.100.20 --ports 22 --for 2d --why "debug the build"
  $ sallyport access grant audit --from 198.51.100.0/28 --ports 5432 --for 1h --group sg-0a1b`,
    )
    .action(wrap<[string, GrantFlags]>(grant));
  access
    .command("list")
    .description("list temporary access: who, from where, and until when")
    .option(...GROUP)
    .option(...REGION)
    .addHelpText(
      "after",
      "\nExamples:\n  $ sallyport access list\n  $ sallyport access list --json | jq -r '.leases[].until'",
    )
    .action(wrap<[GroupFlags]>(list));
  access
    .command("renew")
    .description("extend NAME's access, and optionally move it to other addresses")
    .argument("<name>", "holder of the access")
    .option(
      "--from <address...>",
      "new addresses of NAME; the old ones are removed after the new ones are added (default: unchanged)",
    )
    .requiredOption(...FOR)
    .option(...GROUP)
    .option(...REGION)
    .option(...DRY_RUN)
    .option(...CONFIRM)
    .addHelpText(
      "after",
      "\nExamples:\n  $ sallyport access renew ada --for 8h\n  $ sallyport access renew ada --from caller --for 8h   from a new place",
    )
    .action(wrap<[string, RenewFlags]>(renew));
  access
    .command("revoke")
    .description("end NAME's access now")
    .argument("<name>", "holder of the access")
    .option(...GROUP)
    .option(...REGION)
    .option(...DRY_RUN)
    .option(...CONFIRM)
    .addHelpText("after", "\nExamples:\n  $ sallyport access revoke ada\n  $ sallyport access revoke ada --dry-run")
    .action(wrap<[string, LeaseFlags]>(revoke));
};

async function grant(context: Context, name: string, flags: GrantFlags): Promise<void> {
  const { grantLease } = await import("../../firewall/security-group/leases.js");
  const until = await endOf(flags.for);
  const ports = await leasePorts(context, flags.ports);
  const sources = await leaseSources(context, flags.from);
  const report = await withLeases(context, flags, (options) =>
    grantLease(options, defined({ name, sources, protocol: flags.protocol, ports, until, why: flags.why })),
  );
  for (const row of report.foreign) {
    if (row.wanted) context.warn(`${row.source} may reach ${row.ports} by a rule that is not ours, which does not end`);
  }
  await tell(context, report, until);
}

async function renew(context: Context, name: string, flags: RenewFlags): Promise<void> {
  const { renewLease } = await import("../../firewall/security-group/leases.js");
  const until = await endOf(flags.for);
  const sources = flags.from === undefined ? undefined : await leaseSources(context, flags.from);
  const renewal = defined({ name, until, sources });
  await tell(context, await change(context, flags, (options) => renewLease(options, renewal)), until);
}

async function revoke(context: Context, name: string, flags: LeaseFlags): Promise<void> {
  const { revokeLease, listLeases } = await import("../../firewall/security-group/leases.js");
  const report = await change(context, flags, async (options) => {
    const leases = await listLeases(options);
    if (!leases.some(({ holders }) => holders.includes(name))) context.warn(`${name} holds no lease in these groups`);
    return revokeLease(options, name);
  });
  await tell(context, report);
}

async function list(context: Context, flags: GroupFlags): Promise<void> {
  const { listLeases } = await import("../../firewall/security-group/leases.js");
  const { leaseRow, leasesText } = await import("../../firewall/security-group/leases-text.js");
  const leases = await withLeases(context, flags, (options) => listLeases(options));
  context.print({ leases: leases.map(leaseRow) }, ({ leases: rows }) => leasesText(rows, new Date()));
}

/** A change that removes access: first checks whether that is the access of the user who runs it. */
async function change(
  context: Context,
  flags: LeaseFlags,
  work: (options: LeaseOptions) => Promise<Report>,
): Promise<Report> {
  const confirmLockout = flags.confirmLockout === true || flags.dryRun === true;
  const callers = confirmLockout ? [] : await callersOf(context)();
  return withLeases(context, flags, (options) =>
    askingOnLockout(context, (confirmed) =>
      work({ ...options, callers, overrides: { confirmLockout: confirmed || confirmLockout } }),
    ),
  );
}

async function tell(context: Context, report: Report, until?: Date): Promise<void> {
  const { changesText } = await import("../../firewall/security-group/report-text.js");
  const ends = until === undefined ? {} : { until: until.toISOString() };
  context.print({ ...report, ...ends }, () => changesText(report));
}

/** In whole seconds, as in the marks. */
async function endOf(span: string): Promise<Date> {
  const { parseDuration } = await import("../../base/text/duration.js");
  return new Date(Math.floor((Date.now() + parseDuration(span)) / 1000) * 1000);
}
