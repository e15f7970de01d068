/** What the function follows: written by the stack as JSON in one variable, read when the function runs. */
import type { Overrides } from "../security-group/safety-checks.js";
import type { SyncTarget } from "../security-group/sync.js";
import * as faults from "./faults.js";

export interface SyncSettings {
  /** As in `sallyport firewall sync`; none: only leases are ended. */
  readonly sources: readonly string[];
  readonly targets: readonly SyncTarget[];
  readonly owner: string;
  /** `permits` in the variable, which deployed functions have. */
  readonly permits: Overrides;
  readonly family?: 4 | 6;
  readonly quota?: number;
  /** SecureString with what proves to the source who asks. */
  readonly credentials?: { readonly kind: "bearer" | "basic"; readonly parameter: string };
}

export const SETTINGS_VARIABLE = "SALLYPORT_SYNC";

/** @throws Fault if the variable is not there, or not ours. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): SyncSettings {
  const text = env[SETTINGS_VARIABLE] ?? "";
  try {
    const settings = JSON.parse(text) as Partial<SyncSettings>;
    // The stack has checked everything else before it wrote this.
    if (Array.isArray(settings.sources) && Array.isArray(settings.targets)) return settings as SyncSettings;
  } catch (error) {
    throw faults.badSettings(SETTINGS_VARIABLE, error);
  }
  throw faults.badSettings(SETTINGS_VARIABLE);
}
