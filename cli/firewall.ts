/** The steps that the firewall and access commands share. */

import { defined } from "../base/defined.js";
import { Fault } from "../base/fault.js";
import type { RuleTable } from "../firewall/options/table.js";
import type { Ec2 } from "../firewall/security-group/ec2.js";
import type { LeaseOptions } from "../firewall/security-group/leases.js";
import type { Cidr } from "../net/cidr.js";
import type { PortRange } from "../net/port-range.js";
import type { Context } from "./context.js";

export interface TableFlags {
  readonly caller?: string[];
  readonly vpcCidr?: string;
}

export const TABLE_OPTIONS = {
  caller: ["--caller <address...>", "the callers (default: caller, else this machine)"],
  vpcCidr: ["--vpc-cidr <block>", "range of the VPC, which otherwise only AWS knows"],
} as const;

export async function tableOf(context: Context, { caller, vpcCidr }: TableFlags): Promise<RuleTable> {
  const { prepareAccess } = await import("../stacks/accelerator-hosts/prepare-access.js");
  const { Cidr } = await import("../net/cidr.js");
  const { env, signal } = context;
  const loaded = await context.config();
  const vpc = vpcCidr === undefined ? undefined : Cidr.parse(vpcCidr);
  const { table } = await prepareAccess(loaded, defined({ env, signal, caller, vpcCidr: vpc }));
  const { security_group: group } = loaded.config;
  const warnings =
    group === undefined
      ? table.warnings
      : [`no rule is made: the security group ${group} decides who gets in, and is left as it is`];
  for (const warning of warnings) context.warn(warning);
  return table;
}

/** Looks up the caller's addresses: as configured, else with the address services. */
export function callersOf(context: Context): (signal?: AbortSignal) => Promise<readonly Cidr[]> {
  return async (signal = context.signal) => {
    const { resolveCaller } = await import("../firewall/caller/lookup.js");
    const { config } = await context.config();
    return (await resolveCaller(config.caller, context.env, { signal })).callers;
  };
}

/** @param groupIds the groups of which EC2 is asked: those of this project are in one place, and only there. */
export async function withEc2<T>(
  context: Context,
  { region, groupIds }: { readonly region: string | undefined; readonly groupIds: readonly string[] },
  use: (ec2: Ec2) => Promise<T>,
): Promise<T> {
  const { connectEc2 } = await import("../firewall/security-group/ec2.js");
  const { checkPlaceOfGroups } = await import("../stacks/place/check-place.js");
  const loaded = await context.config();
  await checkPlaceOfGroups(loaded, groupIds, defined({ region, signal: context.signal }));
  const ec2 = connectEc2({ region: region ?? loaded.config.region });
  try {
    return await use(ec2);
  } finally {
    ec2.close();
  }
}

export interface GroupFlags {
  readonly group?: string[];
  readonly region?: string;
}

export interface LeaseFlags extends GroupFlags {
  readonly dryRun?: boolean;
  readonly confirmLockout?: boolean;
}

export async function withLeases<T>(
  context: Context,
  { group, region, dryRun = false }: LeaseFlags,
  use: (options: LeaseOptions) => Promise<T>,
): Promise<T> {
  const groupIds = group ?? [await deployedGroup(context)];
  return withEc2(context, { region, groupIds }, (ec2) => use({ ec2, groupIds, dryRun, signal: context.signal }));
}

/** @param texts addresses, blocks, and `caller`. */
export async function leaseSources(context: Context, texts: readonly string[]): Promise<Cidr[]> {
  const { parseLeaseSource } = await import("../firewall/request/lease-source.js");
  const callers = callersOf(context);
  const sources = await Promise.all(
    texts.map(async (text) => (text === "caller" ? await callers() : [parseLeaseSource(text)])),
  );
  return sources.flat();
}

export async function leasePorts(context: Context, texts: readonly string[] | undefined): Promise<PortRange[]> {
  const { parsePorts } = await import("../firewall/request/ports.js");
  if (texts !== undefined) return parsePorts(texts);
  return (await context.config()).config.allow_ports.map((port) => ({ from: port, to: port }));
}

async function deployedGroup(context: Context): Promise<string> {
  const { readOutputs } = await import("../stacks/accelerator-hosts/outputs.js");
  const { security_group_id: id } = await readOutputs(await context.config());
  if (id !== "") return id;
  throw (await import("../firewall/request/errors.js")).noDeployedGroup();
}

export const isLockout = (error: unknown): error is Fault =>
  error instanceof Fault && error.code === "firewall/lockout";

/**
 * Runs `work`. If it would lock out the user who runs it, asks for confirmation: this is the one safety check
 * that a person may override on the spot.
 *
 * @throws Fault (exit status 5) if there is no terminal to ask on, or the answer is no.
 */
export async function askingOnLockout<T>(context: Context, work: (confirmed: boolean) => Promise<T>): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true && !context.options.json;
    if (!isLockout(error) || !canAsk) throw error;
    const { confirm } = await import("./terminal/confirm.js");
    const { message } = error;
    if (!(await confirm(context, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`))) throw error;
    return work(true);
  }
}
