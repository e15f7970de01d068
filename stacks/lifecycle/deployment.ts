import type { RuleTable } from "../../firewall/options/table.js";
import type { SpotRefusal } from "../accelerator-hosts/spot-fallback.js";
import type { StackName } from "../names.js";
import type { Finding } from "../preflight/judge.js";
import type { TerraformOptions } from "../terraform/run.js";
import type { PlannedChange } from "../terraform/terraform-log.js";
import type { Untracked } from "../untracked/untracked.js";

export interface DeployOptions extends Pick<TerraformOptions, "env" | "onStep" | "onNote" | "signal"> {
  /** @default "accelerator-hosts" */
  readonly stack?: StackName;
  /** The callers. They override those of environment and configuration. */
  readonly caller?: readonly string[];
  /** Receives what AWS said before anything was made or planned, the problems included that end the command. */
  readonly onPreflight?: (findings: readonly Finding[]) => void;
  /** Receives the stack's firewall rules as soon as they are known, before anything is planned. */
  readonly onTable?: (table: RuleTable, warnings: readonly string[]) => void;
  /** Receives what an earlier run from here made and did not record, before anything is planned. */
  readonly onUntracked?: (untracked: readonly Untracked[]) => void;
  /** Receives the hosts that become on-demand machines for want of a spot instance, and so cost more. */
  readonly onFallback?: (refusals: readonly SpotRefusal[]) => void;
}

export interface Deployment {
  readonly changes: readonly PlannedChange[];
  /** Makes exactly the planned changes. */
  apply(): Promise<void>;
}

export interface PlannedUp extends Deployment {
  readonly preflight: readonly Finding[];
  /** A sentence on what the changes will cost from now on. Undefined: nothing more than now. */
  readonly cost: string | undefined;
}

/** Whether a change ends a machine or a fleet's machines, and so loses the data on their disks. */
export function endsMachine(change: PlannedChange): boolean {
  const isMachine = change.type === "aws_instance" || change.type === "aws_autoscaling_group";
  return isMachine && (change.action === "replace" || change.action === "delete");
}
