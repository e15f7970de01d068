/** A private mirror as values, for tests that synthesize: nothing here exists on disk. */
import { Testing } from "cdktf";
import { machineNeeds } from "../../../stacks/private-mirror/endpoint-needs.js";
import type { PrivateMirrorInputs } from "../../../stacks/private-mirror/inputs.js";
import { mirrorRepositories } from "../../../stacks/private-mirror/repositories.js";
import { PrivateMirrorStack } from "../../../stacks/private-mirror/stack.js";
import { networkPlace } from "../../../stacks/private-mirror/subnets.js";
import type { Synthesized } from "./sample.js";

export const NOTEBOOKS = "arn:aws:iam::123456789012:role/notebooks";
export const at = (part: string) => `sallyport.yaml: private_mirror.${part}`;

export const hostMachine = machineNeeds({
  partition: "aws",
  runtimeBucket: "lab-1a2b3c4d-eu-west-1",
  hasSecrets: true,
  autostop: false,
  dataBuckets: [],
});

export function mirrorInputs(changes: Partial<PrivateMirrorInputs> = {}): PrivateMirrorInputs {
  return {
    projectDir: "/home/user/project",
    name: "lab",
    region: "eu-west-1",
    tags: { Team: "fpga" },
    place: networkPlace({}, at),
    repositories: mirrorRepositories({}, "lab", at),
    services: [],
    machines: [],
    readers: [NOTEBOOKS],
    readerNames: [],
    ...changes,
  };
}

export function synthMirror(changes: Partial<PrivateMirrorInputs> = {}): Synthesized {
  return JSON.parse(Testing.synth(new PrivateMirrorStack(Testing.app(), mirrorInputs(changes)))) as Synthesized;
}
