/** All inputs of a deployment, as plain values: `prepareDeployment` collects them, and `buildApp` uses them. */
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

/** The part that every deployment has. */
interface DeploymentFacts extends DeploymentTarget {
  /** 8 hex digits that make the deployment's names unique in the account. */
  readonly suffix: string;
  /** From `deployedHosts(config)`. */
  readonly hosts: readonly PlannedHost[];
  readonly ami: string;
  /** Use the hosts' private addresses. */
  readonly usePrivateIp?: boolean;
  /** The firewall rules; empty if the deployment creates none. */
  readonly table: RuleTable;
  /** The callers' canonical CIDRs, for the output; empty if no option lets callers in. */
  readonly callers: readonly string[];
  /** File for `ssh -i`. Absent: this machine has no file of the key pair. */
  readonly identity?: string;
}

/** The part that all new machines share: access, login key and software. */
export interface NewHostParts extends Pick<DeploymentFacts, "suffix" | "table" | "callers" | "identity"> {
  readonly sshKey: SshKey;
  /** Absent: plain HTTP. */
  readonly tls?: ServedTls;
  /** Absent: `auth: none`. */
  readonly token?: SecretFile;
  /** The user's own files for new hosts, without secrets. */
  readonly init?: InitFiles;
  readonly runtime: RuntimeArchive;
  /** Name of the runtime's bucket. @default - from the deployment's name and region, which others could guess */
  readonly runtimeBucket?: string;
}

/** At least one machine is new: it is created, and the agent is installed on it. */
export interface ProvisionedInputs extends DeploymentFacts, NewHostParts {
  readonly kind: "provisioned";
  readonly instanceType: string;
  /** Prefix of the hosts' names in their tag `Name`. */
  readonly hostNamePrefix?: string;
  /** An Auto Scaling group in place of numbered or named hosts. */
  readonly fleet?: FleetInputs;
  readonly vpcId?: string;
  readonly subnetId?: string;
  /** @default - what suits the image */
  readonly rootVolumeGib?: number;
  /** Id of an existing group in place of the kit's own. */
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

/** Every host exists already: nothing is created or installed. */
interface ExistingInputs extends DeploymentFacts {
  readonly kind: "existing";
  /** Absent: plain HTTP. */
  readonly tls?: {
    /** Empty if this machine has no copy of the certificate. */
    readonly fingerprint: string;
  };
}

export type DeploymentInputs = ProvisionedInputs | ExistingInputs;
