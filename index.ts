/** The constructs for someone else's cdktf app, and what must be known before it synthesizes. */
export { Fault } from "./base/fault.js";
export { type Config, type HostDir, type LoadedConfig, loadConfig } from "./config/load.js";
export { Cidr } from "./firewall/cidr.js";
export { type ResolvedCaller, resolveCaller } from "./firewall/lookup.js";
export { AcceleratorHostsStack } from "./stacks/accelerator-hosts.js";
export { buildApp } from "./stacks/app.js";
export type { DeploymentInputs } from "./stacks/inputs.js";
export { type DeployedHost, type DeploymentOutputs, readOutputs } from "./stacks/outputs.js";
export { AcceleratorHost, type AcceleratorHostProps } from "./stacks/parts/accelerator-host.js";
export { CallerAccess, type CallerAccessProps } from "./stacks/parts/caller-access.js";
export { HostAgent, type HostAgentProps, type HostTls } from "./stacks/parts/host-agent.js";
export { HostRole, type HostRoleProps } from "./stacks/parts/host-role.js";
export { HostSecrets, type HostSecretsProps, type SecretFile } from "./stacks/parts/host-secrets.js";
export { KeyPair, type KeyPairProps } from "./stacks/parts/key-pair.js";
export { MachineImage, type MachineImageProps } from "./stacks/parts/machine-image.js";
export { type RuntimeArchive, RuntimeObject, type RuntimeObjectProps } from "./stacks/parts/runtime-object.js";
export { prepareDeployment, secretVersion } from "./stacks/prepare.js";
export { buildRuntime } from "./stacks/runtime.js";
