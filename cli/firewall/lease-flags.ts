/** The flags of `sallyport access …` as values. */

import type { LeaseOptions } from "../../firewall/security-group/leases.js";
import type { PortRange } from "../../firewall/security-group/sync.js";
import { Cidr } from "../../net/cidr.js";
import type { Context } from "../context.js";
import * as errors from "./errors.js";
import { callersOf, ec2Of } from "./here.js";
import { parsePorts } from "./ports.js";

export interface GroupFlags {
  readonly group?: string[];
  readonly region?: string;
}

export interface ChangeFlags extends GroupFlags {
  readonly dryRun?: boolean;
  readonly confirmLockout?: boolean;
}

/** Hands the options to `work`, and closes the connection after it. */
export async function withLeases<T>(
  context: Context,
  flags: ChangeFlags,
  work: (options: LeaseOptions) => Promise<T>,
): Promise<T> {
  const groupIds = flags.group ?? [await deployedGroup(context)];
  const ec2 = await ec2Of(context, flags.region);
  try {
    return await work({ ec2, groupIds, dryRun: flags.dryRun === true, signal: context.signal });
  } finally {
    ec2.close();
  }
}

/** @param texts addresses, blocks, and `caller`. */
export async function sourcesOf(context: Context, texts: readonly string[]): Promise<Cidr[]> {
  const sources: Cidr[] = [];
  for (const text of texts) {
    if (text === "caller") {
      sources.push(...(await callersOf(context)()));
      continue;
    }
    const cidr = Cidr.of(text);
    if (cidr.isEverybody) throw errors.everybody(text);
    sources.push(cidr);
  }
  return sources;
}

export async function portsOf(context: Context, texts: readonly string[] | undefined): Promise<PortRange[]> {
  if (texts !== undefined) return parsePorts(texts);
  const { config } = await context.config();
  return config.allow_ports.map((port) => ({ from: port, to: port }));
}

async function deployedGroup(context: Context): Promise<string> {
  const { readOutputs } = await import("../../stacks/accelerator-hosts/outputs.js");
  const { security_group_id: id } = await readOutputs(await context.config());
  if (id === "") throw errors.noDeployedGroup();
  return id;
}
