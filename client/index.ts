/** `import … from "sallyport/client"`: everything a program needs to use a host. Provisioning is not part of it. */
export { EXIT, Fault } from "../base/fault.js";
export { type CertificateFacts, inspectCertificate } from "../certs/inspect.js";
export { readToken } from "../certs/token.js";
export { AgentClient, type CallOptions } from "./agent/agent-client.js";
export type { Directory, DirectoryEntry, HostInfo } from "./agent/answers.js";
export { type AwaitOptions, awaitAgent, type BootReport, type BootVerdict } from "./agent/await-agent.js";
export { type AwaitHostsOptions, awaitHosts, type BootedHost, type BootingHost } from "./agent/await-hosts.js";
export { fetchHostKeys, type HostKeysOptions, type KnownHostKeys } from "./agent/host-keys.js";
export type { AcceleratorsAnswer, JobAnswer, JobSummary } from "./agent/job-answers.js";
export { type FollowOptions, hasEnded, type JobInput, Jobs, type SubmitOptions } from "./agent/jobs.js";
export type { Downloaded } from "./agent/transfer/download.js";
export type { ReceiveOptions } from "./agent/transfer/receive.js";
export type { PutOptions, Stored } from "./agent/transfer/upload.js";
export { type Check, type CheckStatus, type VerifyOptions, verifyHost } from "./agent/verify-host.js";
export {
  type ForwardExtras,
  GatewayClient,
  type GatewayOptions,
  type KnownForward,
  type KnownForwards,
  type Restrictions,
  type WantedForward,
} from "./gateway/client.js";
export { findInputs, type InputFile } from "./process/inputs.js";
export { type Place, parsePlace } from "./process/places.js";
export { type ManyOptions, type PoolHost, processMany } from "./process/process-many.js";
export { type ProcessEnvironment, type Processed, processOne, type Work } from "./process/process-one.js";
export { readKnownHosts, writeKnownHosts } from "./ssh/known-hosts.js";
export { findSsh, type OpenSshTarget, runSsh, sshArguments } from "./ssh/openssh.js";
export {
  type ExecOptions,
  type ExecResult,
  type Forward,
  type ForwardOptions,
  type Sftp,
  type ShellOptions,
  type SshOptions,
  SshSession,
} from "./ssh/ssh-session.js";
export type { TransportOptions } from "./tls/transport.js";
export { type ResolvedTrust, resolveTrust, type Trust, type TrustOptions } from "./tls/trust.js";
export { type Destination, openVerified } from "./tls/verified-socket.js";
