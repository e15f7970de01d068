import { defineStack } from "../descriptor.js";
import { hostsDeployment, MIRROR_STACK_NAME, STACK_NAME } from "../names.js";
import { wantedHosts } from "../preflight/wanted.js";
import { applyHosts } from "./apply.js";
import { outputsText, readOutputs } from "./outputs.js";
import { prepareDeployment } from "./prepare.js";
import { makesRules } from "./rule-table.js";
import { writeOnDemand } from "./spot-fallback-state.js";
import { AcceleratorHostsStack } from "./stack.js";

export const acceleratorHosts = defineStack({
  name: STACK_NAME,
  isConfigured: () => true,
  reads: ({ network }) => (network === undefined ? [] : [MIRROR_STACK_NAME]),
  machines: wantedHosts,
  prepare: prepareDeployment,
  stack: AcceleratorHostsStack,
  rules: (inputs) => (makesRules(inputs) ? inputs.table : undefined),
  deployment: ({ kind, name, suffix }) => (kind === "provisioned" ? hostsDeployment(name, suffix) : undefined),
  apply: applyHosts,
  forget: (projectDir) => writeOnDemand(projectDir, []),
  readOutputs,
  outputsText,
});
