/** Who may reach a security group, until when and why, as far as its rules tell. Pure. */
import { defined } from "../../base/defined.js";
import type { InstalledRule } from "../../net/ec2-rules.js";
import { compareRules, printPorts, printProtocol, printSource } from "../../net/ingress-rule.js";
import { isExpired, parseMark, parseTerraformMark } from "./mark.js";

export interface AccessRow {
  /** lease: access for a time; deployment: made by Terraform; list: follows a list of addresses; other: not ours. */
  readonly kind: "lease" | "deployment" | "list" | "other";
  /** Holders of the lease, the deployment, or the list; empty for a rule that is not ours. */
  readonly who: readonly string[];
  readonly protocol: string;
  readonly ports: string;
  readonly source: string;
  /** RFC 3339; only of a lease. */
  readonly until?: string;
  /** Whether a lease has ended, and its rule not yet. */
  readonly is_over?: boolean;
  /** The reason that was given, the option that opens it, or the rule's own description; empty without one. */
  readonly why: string;
}

const ORDER = { lease: 0, deployment: 1, list: 2, other: 3 } as const;

/** Leases first. */
export function accessRows(rules: readonly InstalledRule[], now: Date): AccessRow[] {
  return [...rules]
    .sort(compareRules)
    .map((rule): AccessRow => {
      const { protocol, ports, source } = {
        protocol: printProtocol(rule),
        ports: printPorts(rule),
        source: printSource(rule.source),
      };
      return defined<AccessRow>({ ...claimOf(rule, now), protocol, ports, source });
    })
    .sort((a, b) => ORDER[a.kind] - ORDER[b.kind]);
}

function claimOf(
  { description }: InstalledRule,
  now: Date,
): Pick<AccessRow, "kind" | "who" | "until" | "is_over" | "why"> {
  const terraform = parseTerraformMark(description);
  if (terraform !== undefined) return { kind: "deployment", who: [terraform.owner], why: terraform.note ?? "" };
  const mark = parseMark(description);
  if (mark === undefined) return { kind: "other", who: [], why: description };
  const { until, holders = [], owner, note = "" } = mark;
  if (until === undefined) return { kind: "list", who: [owner], why: note };
  return {
    kind: "lease",
    who: holders,
    until: until.toISOString().replace(".000Z", "Z"),
    is_over: isExpired(mark, now),
    why: note,
  };
}
