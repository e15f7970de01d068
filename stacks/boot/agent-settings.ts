import type { AcceleratorConfig, AgentLimitsConfig } from "../../config/schema.js";

/**
 * The boot scripts' settings for the agents, in the names of agent.yaml: only explicit ones. A default here would
 * change every boot script, and so replace every host.
 */
export interface AgentSettings {
  readonly accelerators?: Readonly<Record<string, AcceleratorSettings>>;
  readonly limits?: AgentLimitsConfig;
  readonly autostop?: { readonly idle_seconds: number; readonly action: "stop" | "terminate" };
}

export interface AcceleratorSettings extends Omit<AcceleratorConfig, "timeout"> {
  readonly timeout_seconds?: number;
}
