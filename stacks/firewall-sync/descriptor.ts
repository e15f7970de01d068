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
  claim: ({ name }) => ({
    name,
    type: "lambda:function",
    // What the provider appends to a prefix.
    pattern: new RegExp(`^${name}-sync-[0-9a-f]{26}$`),
    isUnique: false,
    mend: "two that follow the same groups undo each other's rules: end the other one, or leave it if its groups are others",
  }),
  readOutputs: readSyncOutputs,
  outputsText: syncOutputsText,
});
