/**
 * Decides from the table whether a packet would pass, and names the deciding row.
 *
 * The table may not know the range of a VPC, the entries of a prefix list or the members of a group.
 * Where one of these decides, the verdict is `depends`, which is not a pass.
 */

import { defined } from "../../base/defined.js";
import { Cidr } from "../../net/cidr.js";
import { type IngressRule, printSource, type RuleSource } from "../../net/ingress-rule.js";
import { includesPort } from "../../net/port-range.js";
import type { RuleTable, TableRow } from "./table.js";

export interface PacketQuery {
  readonly port: number;
  /** One address. */
  readonly address: Cidr | string;
  /** @default - the table's own */
  readonly vpcCidr?: Cidr;
  /** Addresses in prefix lists and security groups, by id. @default - not known */
  readonly members?: Readonly<Record<string, readonly Cidr[]>>;
}

export interface PacketDecision {
  readonly verdict: "passes" | "blocked" | "depends";
  /** True only for a certain pass. */
  readonly passes: boolean;
  /** One sentence: the row, its option and its place, or the sources that are let in instead. */
  readonly because: string;
  /** The first row that lets the packet in, or might. */
  readonly row?: TableRow;
  /** The second group's row; absent if there is none. */
  readonly group?: "public" | "internal";
}

/** @throws Fault if the address is none. */
export function decide(table: RuleTable, question: PacketQuery): PacketDecision {
  const { port } = question;
  const address = typeof question.address === "string" ? Cidr.host(question.address) : question.address;
  const vpcCidr = question.vpcCidr ?? table.vpcCidr;
  const known = defined({ vpcCidr, members: question.members ?? {} });
  const candidates = [
    ...table.rows.map((row) => ({ row, group: "public" as const })),
    ...table.internal.map((row) => ({ row, group: "internal" as const })),
  ].filter(({ row: { rule } }) => includesPort(rule.ports, port));
  const judged = candidates.map((candidate) => ({
    ...candidate,
    holds: holds(candidate.row.rule.source, address, known),
  }));
  const certain = judged.find(({ holds }) => holds === true);
  if (certain !== undefined) {
    const { row, group } = certain;
    const because = `${port} is open to ${whose(row.rule, vpcCidr)} by ${by(row)}${inGroup(group)}`;
    return { verdict: "passes", passes: true, because, row, group };
  }
  const possible = judged.find(({ holds }) => holds === undefined);
  if (possible !== undefined) {
    const { row, group } = possible;
    const because = `${port} is open to ${printSource(row.rule.source)} by ${by(row)}${inGroup(group)}, and it is not known whether ${address.address} is ${MEMBERSHIP[row.rule.source.kind]}`;
    return { verdict: "depends", passes: false, because, row, group };
  }
  return { verdict: "blocked", passes: false, because: blockedBecause(port, address, candidates) };
}

interface Known {
  readonly vpcCidr?: Cidr;
  readonly members: Readonly<Record<string, readonly Cidr[]>>;
}

/** Undefined where the members are unknown. */
function holds(source: RuleSource, address: Cidr, { vpcCidr, members }: Known): boolean | undefined {
  switch (source.kind) {
    case "cidr":
      return source.cidr.contains(address);
    case "vpc":
      // No VPC has public addresses.
      return vpcCidr === undefined
        ? address.family === 4 && !address.isPublicUnicast
          ? undefined
          : false
        : vpcCidr.contains(address);
    case "unknown":
      return undefined;
    default:
      return members[source.id]?.some((member) => member.contains(address));
  }
}

const MEMBERSHIP: Readonly<Record<RuleSource["kind"], string>> = {
  cidr: "inside",
  vpc: "inside the VPC",
  "prefix-list": "in the list",
  "security-group": "a member of the group",
  unknown: "meant by it",
};

const by = ({ option, origin }: TableRow): string => `${option} (${origin})`;

const inGroup = (group: "public" | "internal"): string => (group === "internal" ? " in the internal group" : "");

function whose({ source }: IngressRule, vpcCidr: Cidr | undefined): string {
  return source.kind === "vpc" && vpcCidr !== undefined ? `the VPC ${vpcCidr}` : printSource(source);
}

const MAX_NAMED = 5;

function blockedBecause(port: number, address: Cidr, candidates: readonly { readonly row: TableRow }[]): string {
  if (candidates.length === 0) return `no rule opens ${port} to anybody`;
  const sources = candidates.map(({ row }) => `${printSource(row.rule.source)} by ${by(row)}`);
  const more = sources.length > MAX_NAMED ? ` and ${sources.length - MAX_NAMED} more` : "";
  return `${port} is open to ${sources.slice(0, MAX_NAMED).join(", ")}${more}, and ${address.address} is not among them`;
}
