/** `import … from "sallyport/client"`: what a program needs to use a host, and nothing that provisions one. */
export { EXIT, Fault } from "../base/fault.js";
export { type CertificateFacts, inspectCertificate } from "../certs/inspect.js";
export { readToken } from "../certs/token.js";
export { AgentClient, type CallOptions } from "./agent-client.js";
export type { Directory, Entry, HostInfo } from "./answers.js";
export type { Downloaded } from "./download.js";
export {
  type ForwardExtras,
  GatewayClient,
  type GatewayOptions,
  type KnownForward,
  type KnownForwards,
  type WantedForward,
} from "./gateway-client.js";
export { fetchHostKeys, type HostKeysOptions, type KnownHostKeys } from "./host-keys.js";
export type { AcceleratorsAnswer, JobAnswer, JobSummary } from "./job-answers.js";
export { type FollowOptions, hasEnded, type JobInput, Jobs, type SubmitOptions } from "./jobs.js";
export { readKnownHosts, writeKnownHosts } from "./known-hosts.js";
export { findSsh, type OpenSshTarget, runSsh, sshArguments } from "./openssh.js";
export type { ReceiveOptions } from "./receive.js";
export {
  type ExecOptions,
  type ExecResult,
  type Forward,
  type ForwardOptions,
  type Sftp,
  type ShellOptions,
  type SshOptions,
  SshSession,
} from "./ssh-session.js";
export type { TransportOptions } from "./transport.js";
export { type ResolvedTrust, resolveTrust, type Trust, type TrustOptions } from "./trust.js";
export type { PutOptions, Stored } from "./upload.js";
export { type Destination, openVerified } from "./verified-socket.js";
export { type Check, type Verdict, type VerifyOptions, verifyHost } from "./verify-host.js";
