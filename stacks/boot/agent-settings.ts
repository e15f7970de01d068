import type { AcceleratorConfig, AgentLimitsConfig } from "../../config/schema.js";

/**
 * What boot scripts say to the agents, in the words of agent.yaml: only what the configuration asks
 * for. A default in here would change every boot script, and so replace every host.
 */
export interface AgentSettings {
  readonly accelerators?: Readonly<Record<string, AcceleratorSettings>>;
  readonly limits?: AgentLimitsConfig;
  readonly autostop?: { readonly idle_seconds: number; readonly action: "stop" | "terminate" };
}

export interface AcceleratorSettings extends Omit<AcceleratorConfig, "timeout"> {
  readonly timeout_seconds?: number;
}
