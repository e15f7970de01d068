import { defineStack } from "../descriptor.js";
import { MIRROR_STACK_NAME } from "../names.js";
import { mirrorOutputsText, readMirrorOutputs } from "./outputs.js";
import { prepareMirror } from "./prepare.js";
import { PrivateMirrorStack } from "./stack.js";

export const privateMirror = defineStack({
  name: MIRROR_STACK_NAME,
  isConfigured: ({ network, private_mirror }) => network !== undefined || private_mirror !== undefined,
  prepare: prepareMirror,
  stack: PrivateMirrorStack,
  claim: ({ repositories: { domain } }) => ({
    name: domain,
    type: "codeartifact:domain",
    pattern: new RegExp(`^${domain}$`),
    isUnique: true,
    mend: "set private_mirror: { domain: … } to a name of its own",
  }),
  readOutputs: readMirrorOutputs,
  outputsText: mirrorOutputsText,
});
