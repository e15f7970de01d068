/** The documents between the server of the Hosts page and the page. Types alone: both sides are built from them. */
import type { Directory, DirectoryEntry, IdleInfo } from "../client/agent/answers.js";
import type { AcceleratorsAnswer, JobAnswer, JobSummary } from "../client/agent/job-answers.js";
import type { AccessRow } from "../firewall/security-group/access-rows.js";

export type { AcceleratorsAnswer, AccessRow, DirectoryEntry, JobAnswer, JobSummary };

/** An error in its two lines: the fact, and what to do. */
export interface ErrorText {
  readonly message: string;
  readonly hint?: string;
}

/** A stack of the project that is deployed. */
export interface DeploymentItem {
  readonly name: string;
  /** Undefined if nothing has recorded it. */
  readonly region?: string;
  /** Twelve digits. */
  readonly account?: string;
}

export interface HostItem {
  readonly name: string;
  readonly kind: "new" | "instance" | "address";
  /** Empty for a host that is only an address. */
  readonly instance_id: string;
  readonly instance_type: string;
  readonly spot: boolean;
  /** EC2's state; "gone"; "unknown" for a host that is only an address, or while EC2 does not answer. */
  readonly state: string;
  /** The address that it is reached at; empty without one. */
  readonly address: string;
  readonly private_ip: string;
  readonly has_agent: boolean;
  /** Since the last start. */
  readonly up_seconds?: number;
  readonly price?: { readonly usd_per_hour: number; readonly source: string };
  /** US dollars since the last start. */
  readonly cost_usd?: number;
  /** The ways in which it may be stopped from here; the first is that of `stop_mode`. */
  readonly ends: readonly ("stop" | "term")[];
  readonly can_start: boolean;
}

/** A start, a stop, or a change of access. */
export interface OperationItem {
  readonly id: number;
  /** "stop accelerator-1" */
  readonly title: string;
  readonly state: "running" | "done" | "failed";
  /** The last lines of its progress, oldest first. */
  readonly lines: readonly string[];
  readonly error?: ErrorText;
  /** What the user should know although it was done. */
  readonly warning?: string;
}

export interface OverviewDocument {
  readonly version: string;
  /** Directory of the project. */
  readonly project: string;
  readonly deployments: readonly DeploymentItem[];
  readonly hosts: readonly HostItem[];
  /** Why the hosts are not known, or their states are not. */
  readonly problem?: ErrorText;
  /** The one that runs, or the last one. */
  readonly operation?: OperationItem;
}

/** The report of one host's agent. */
export type AgentDocument =
  | {
      readonly agent: "up";
      readonly idle: IdleInfo;
      readonly directories: readonly Directory[];
      readonly accelerators: AcceleratorsAnswer;
    }
  | { readonly agent: "down"; readonly error: ErrorText }
  | { readonly agent: "none" };

export interface AccessDocument {
  /** Empty where existing hosts have a group of their own. */
  readonly group: string;
  readonly rules: readonly AccessRow[];
  /** As in `allow_ports`. */
  readonly ports: readonly string[];
}

export interface GrantDocument {
  readonly name: string;
  /** Addresses, blocks, and "caller". */
  readonly from: readonly string[];
  /** `22`, `8000-8010`. */
  readonly ports: readonly string[];
  /** `8h` */
  readonly for: string;
  readonly why: string;
}

export interface ListingDocument {
  readonly path: string;
  readonly entries: readonly DirectoryEntry[];
  /** Entries that no request can ask for. */
  readonly not_shown: number;
}
