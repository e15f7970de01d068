/** All inputs of the stack `firewall-sync`, as plain values. */
import type { SyncSettings } from "../../firewall/lambda/settings.js";
import type { DeploymentTarget } from "../prepare/target.js";

export interface FunctionBundle {
  /** Absolute path of the zip file. */
  readonly file: string;
  /** Base64 of its SHA-256, as Lambda reports it. */
  readonly sha256: string;
}

export interface FirewallSyncInputs extends DeploymentTarget {
  readonly settings: SyncSettings;
  /** `rate(5 minutes)` */
  readonly schedule: string;
  readonly logRetentionDays: number;
  readonly bundle: FunctionBundle;
}
