import { defineStack } from "../descriptor.js";
import { STACK_NAME, SYNC_STACK_NAME } from "../names.js";
import { readSyncOutputs, syncOutputsText } from "./outputs.js";
import { prepareSync } from "./prepare.js";
import { FirewallSyncStack } from "./stack.js";

export const firewallSync = defineStack({
  name: SYNC_STACK_NAME,
  isConfigured: ({ firewall_sync }) => firewall_sync !== undefined,
  reads: ({ firewall_sync }) => (firewall_sync?.groups?.some(({ group }) => group === "hosts") ? [STACK_NAME] : []),
  prepare: prepareSync,
  stack: FirewallSyncStack,
  readOutputs: readSyncOutputs,
  outputsText: syncOutputsText,
});
