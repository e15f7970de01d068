/** The part of the configuration that goes to the agents, in the names of agent.yaml. Pure. */

import { defined } from "../../base/defined.js";
import type { AcceleratorConfig, Config } from "../../config/schema.js";
import { spanSeconds } from "../../config/span.js";
import type { AcceleratorSettings, AgentSettings } from "../boot/agent-settings.js";

export function agentSettings(
  config: Pick<Config, "accelerators" | "agent_limits" | "autostop" | "stop_mode">,
): AgentSettings {
  const { accelerators, agent_limits: limits, autostop, stop_mode } = config;
  const action = stop_mode === "stop" ? "stop" : "terminate";
  return defined<AgentSettings>({
    accelerators:
      Object.keys(accelerators).length === 0
        ? undefined
        : Object.fromEntries(
            Object.entries(accelerators).map(([name, accelerator]) => [name, settingsOf(accelerator)]),
          ),
    limits: limits === undefined || Object.keys(limits).length === 0 ? undefined : limits,
    autostop: autostop === false ? undefined : { idle_seconds: spanSeconds(autostop), action },
  });
}

function settingsOf({ timeout, ...same }: AcceleratorConfig): AcceleratorSettings {
  return { ...same, ...defined({ timeout_seconds: timeout === undefined ? undefined : spanSeconds(timeout) }) };
}
