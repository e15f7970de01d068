/** A lab's gateway as values, for tests that synthesize: nothing here exists on disk. */
import { Testing } from "cdktf";
import { Cidr } from "../../../net/cidr.js";
import type { LabGatewayInputs } from "../../../stacks/lab-gateway/inputs.js";
import { labTable } from "../../../stacks/lab-gateway/rule-table.js";
import { LabGatewayStack } from "../../../stacks/lab-gateway/stack.js";
import { labBlocks } from "../../../stacks/lab-gateway/subnets.js";
import { CERTIFICATE, type Synthesized } from "./sample.js";

export function labInputs(changes: Partial<LabGatewayInputs> = {}): LabGatewayInputs {
  const ports = { min: 50_000, max: 50_100 };
  const callers = [Cidr.parse("203.0.113.7/32")];
  return {
    projectDir: "/home/user/project",
    name: "lab",
    suffix: "1a2b3c4d",
    region: "eu-west-1",
    tags: { Team: "fpga" },
    blocks: labBlocks({}, () => "built in"),
    instanceType: "t3.small",
    ami: "ubuntu-24.04",
    ports,
    issuer: "lab",
    table: labTable(ports, callers),
    callers: callers.map(String),
    sshKey: { kind: "public-key", publicKey: "ssh-ed25519 AAAAC3Nz lab\n" },
    identity: "/home/user/.ssh/sallyport.pem",
    tls: { certificate: CERTIFICATE, fingerprint: "AA:BB", key: { path: "/home/user/.ssh/sallyport.key", version: 7 } },
    tokenKey: { path: "/home/user/.ssh/sallyport-gateway.key", version: 8 },
    runtime: { file: "/home/user/.cache/sallyport/runtime.tar.gz", sha256: "ab".repeat(32) },
    ...changes,
  };
}

export function synthLab(changes: Partial<LabGatewayInputs> = {}): Synthesized {
  return JSON.parse(Testing.synth(new LabGatewayStack(Testing.app(), labInputs(changes)))) as Synthesized;
}
