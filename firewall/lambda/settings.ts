/** The function's settings: the stack writes them as JSON into one variable. */
import type { Overrides } from "../security-group/safety-checks.js";
import type { SyncTarget } from "../security-group/sync.js";
import * as faults from "./faults.js";

export interface SyncSettings {
  /** As in `sallyport firewall sync`. Empty: the function only ends leases. */
  readonly sources: readonly string[];
  readonly targets: readonly SyncTarget[];
  readonly owner: string;
  /** `permits` in the variable, which deployed functions have. */
  readonly permits: Overrides;
  readonly family?: 4 | 6;
  readonly quota?: number;
  /** SecureString that authenticates the function to the source. */
  readonly credentials?: { readonly kind: "bearer" | "basic"; readonly parameter: string };
}

export const SETTINGS_VARIABLE = "SALLYPORT_SYNC";

/** @throws Fault if the variable is missing or not written by the stack. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): SyncSettings {
  const text = env[SETTINGS_VARIABLE] ?? "";
  try {
    const settings = JSON.parse(text) as Partial<SyncSettings>;
    // The stack has checked everything else.
    if (Array.isArray(settings.sources) && Array.isArray(settings.targets)) return settings as SyncSettings;
  } catch (error) {
    throw faults.badSettings(SETTINGS_VARIABLE, error);
  }
  throw faults.badSettings(SETTINGS_VARIABLE);
}
