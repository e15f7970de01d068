/** All that a deployment is made of, as plain values: what `prepareDeployment` finds out and `buildApp` uses. */
import type { HostDir } from "../../config/schema.js";
import type { RuleTable } from "../../firewall/options/table.js";
import type { AgentSettings } from "../boot/agent-settings.js";
import type { InitFiles } from "../boot/init/init-files.js";
import type { SecretFile } from "../constructs/host-secrets.js";
import type { SshKey } from "../constructs/key-pair.js";
import type { RuntimeArchive } from "../constructs/runtime-object.js";
import type { DeploymentTarget } from "../prepare/target.js";
import type { ServedTls } from "../prepare/tls.js";
import type { FleetInputs } from "./fleet-inputs.js";
import type { PlannedHost } from "./hosts.js";

/** What every deployment has. */
interface DeploymentFacts extends DeploymentTarget {
  /** 8 hex digits that make names of this deployment its own in the account. */
  readonly suffix: string;
  /** From `deployedHosts(config)`. */
  readonly hosts: readonly PlannedHost[];
  readonly ami: string;
  /** Name the hosts by their private addresses. */
  readonly usePrivateIp?: boolean;
  /** Who may come in; empty where the deployment makes no rules. */
  readonly table: RuleTable;
  /** Their canonical CIDRs, for the output; empty where no option lets callers in. */
  readonly callers: readonly string[];
  /** What `ssh -i` takes. Absent: nothing of the key pair is known here. */
  readonly identity?: string;
}

/** What new machines share, found out or made: who gets in, who logs in, and what is installed. */
export interface NewHostParts extends Pick<DeploymentFacts, "suffix" | "table" | "callers" | "identity"> {
  readonly sshKey: SshKey;
  /** Absent: plain HTTP. */
  readonly tls?: ServedTls;
  /** Absent: `auth: none`. */
  readonly token?: SecretFile;
  /** What the user puts on new hosts, without secrets. */
  readonly init?: InitFiles;
  readonly runtime: RuntimeArchive;
}

/** Some machine is new: it is made, and the agent is installed on it. */
export interface ProvisionedInputs extends DeploymentFacts, NewHostParts {
  readonly kind: "provisioned";
  readonly instanceType: string;
  /** In front of the hosts' names in their tag `Name`. */
  readonly hostNamePrefix?: string;
  /** An Auto Scaling group in place of hosts that are numbered or named. */
  readonly fleet?: FleetInputs;
  readonly vpcId?: string;
  readonly subnetId?: string;
  readonly rootVolumeGib: number;
  /** Id of an existing group in place of the one with the rules. */
  readonly securityGroup?: string;
  readonly directories: readonly HostDir[];
  readonly serveAddresses: boolean;
  readonly buckets: readonly string[];
  /** Name of an existing role. */
  readonly role?: string;
  /** ARNs. */
  readonly policies?: readonly string[];
  readonly settings?: AgentSettings;
}

/** Every host exists already: nothing is made, and nothing is installed. */
interface ExistingInputs extends DeploymentFacts {
  readonly kind: "existing";
  /** Absent: plain HTTP. */
  readonly tls?: {
    /** Empty where the certificate is not here. */
    readonly fingerprint: string;
  };
}

export type DeploymentInputs = ProvisionedInputs | ExistingInputs;
