/** All inputs of the stack `lab-gateway`, as plain values. */

import type { RuleTable } from "../../firewall/options/table.js";
import type { SecretFile } from "../constructs/host-secrets.js";
import type { SshKey } from "../constructs/key-pair.js";
import type { LabBlocks, LabHome } from "../constructs/network/lab-network.js";
import type { RuntimeArchive } from "../constructs/runtime-object.js";
import type { DeploymentTarget } from "../prepare/target.js";
import type { ServedTls } from "../prepare/tls.js";

export interface LabGatewayInputs extends DeploymentTarget {
  /** 8 hex digits that make the deployment's names unique in the account. */
  readonly suffix: string;
  readonly vpcId?: string;
  /** Replaces a network with an Internet gateway. The gateway then has no public address. */
  readonly home?: LabHome;
  readonly blocks: LabBlocks;
  readonly instanceType: string;
  readonly ami: string;
  readonly ports: { readonly min: number; readonly max: number };
  readonly issuer: string;
  readonly logTarget?: string;
  /** The rules in front of the gateway: ports 22, 443 and the port range, and nothing else. */
  readonly table: RuleTable;
  readonly callers: readonly string[];
  readonly sshKey: SshKey;
  /** File for `ssh -i`. Absent: this machine has no file of the key pair. */
  readonly identity?: string;
  readonly tls: ServedTls;
  /** The secret that signs tokens. */
  readonly tokenKey: SecretFile;
  readonly runtime: RuntimeArchive;
  /** Name of the runtime's bucket. @default - from the deployment's name and region, which others could guess */
  readonly runtimeBucket?: string;
}
