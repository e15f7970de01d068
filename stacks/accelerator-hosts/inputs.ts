/** All that a deployment is made of, as plain values: what `prepareDeployment` finds out and `buildApp` uses. */
import type { HostDir } from "../../config/schema.js";
import type { RuleTable } from "../../firewall/options/table.js";
import type { InitFiles } from "../boot/init/init-files.js";
import type { SecretFile } from "../constructs/host-secrets.js";
import type { RuntimeArchive } from "../constructs/runtime-object.js";
import type { DeploymentTarget } from "../prepare/target.js";
import type { ServedTls } from "../prepare/tls.js";
import type { AgentSettings } from "./agent-settings.js";
import type { FleetInputs } from "./fleet-inputs.js";
import type { PlannedHost } from "./hosts.js";

export interface DeploymentInputs extends DeploymentTarget {
  /** 8 hex digits that make names of this deployment its own in the account. */
  readonly suffix: string;
  /** From `deployedHosts(config)`. */
  readonly hosts: readonly PlannedHost[];
  readonly instanceType: string;
  readonly ami: string;
  /** In front of the hosts' names in their tag `Name`. */
  readonly hostNamePrefix?: string;
  /** An Auto Scaling group in place of hosts that are numbered or named. */
  readonly fleet?: FleetInputs;
  readonly vpcId?: string;
  readonly subnetId?: string;
  readonly rootVolumeGib: number;
  /** Who may come in; empty where the deployment makes no rules. */
  readonly table: RuleTable;
  /** Id of an existing group in place of the one with the rules. */
  readonly securityGroup?: string;
  /** Name the hosts by their private addresses. */
  readonly usePrivateIp?: boolean;
  /** Their canonical CIDRs, for the output; empty where no option lets callers in. */
  readonly callers: readonly string[];
  /** Who may log in: a public key, or the name of a pair that EC2 has; `identity` is what `ssh -i` takes. */
  readonly sshKey: {
    readonly publicKey?: string | undefined;
    readonly ec2Name?: string | undefined;
    readonly identity?: string | undefined;
  };
  /** Absent: plain HTTP. */
  readonly tls?: ServedTls;
  /** In place of `tls` where every host is there already. Absent: plain HTTP. */
  readonly existingTls?: { readonly fingerprint: string };
  /** Absent: `auth: none`. */
  readonly token?: SecretFile;
  readonly directories: readonly HostDir[];
  readonly serveAddresses: boolean;
  readonly buckets: readonly string[];
  /** Name of an existing role. */
  readonly role?: string;
  /** ARNs. */
  readonly policies?: readonly string[];
  readonly settings?: AgentSettings;
  /** What the user puts on new hosts, without secrets. */
  readonly init?: InitFiles;
  /** Absent: no host is new, so nothing is installed anywhere. */
  readonly runtime?: RuntimeArchive;
}
