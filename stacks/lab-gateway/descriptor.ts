import { defineStack } from "../descriptor.js";
import { gatewayDeployment, LAB_STACK_NAME, MIRROR_STACK_NAME } from "../names.js";
import { wantedGateway } from "../preflight/wanted.js";
import { labOutputsText, readLabOutputs } from "./outputs.js";
import { prepareLab } from "./prepare.js";
import { LabGatewayStack } from "./stack.js";

export const labGateway = defineStack({
  name: LAB_STACK_NAME,
  isConfigured: ({ lab_gateway }) => lab_gateway !== undefined,
  reads: ({ network }) => (network === undefined ? [] : [MIRROR_STACK_NAME]),
  machines: wantedGateway,
  prepare: prepareLab,
  stack: LabGatewayStack,
  rules: ({ table }) => table,
  deployment: ({ name, suffix }) => gatewayDeployment(name, suffix),
  readOutputs: readLabOutputs,
  outputsText: labOutputsText,
});
