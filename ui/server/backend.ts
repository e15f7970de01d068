/** What the server of the Hosts page asks of the command that it runs in. */
import type { AgentClient } from "../../client/agent/agent-client.js";
import type { AccessDocument, DeploymentItem, ErrorText, GrantDocument, HostItem } from "../documents.js";

/** Of a long operation. */
export interface Progress {
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

export interface HostList {
  readonly hosts: readonly HostItem[];
  /** Why they are not known, or their states are not. */
  readonly problem?: ErrorText;
}

/** Methods throw a Fault, whose two lines the page shows. */
export interface Backend {
  /** Directory of the project. */
  readonly project: string;
  deployments(): Promise<readonly DeploymentItem[]>;
  hosts(signal: AbortSignal): Promise<HostList>;
  /** @returns a client that others may use as well, and that the backend closes; undefined for a host without an agent. */
  agent(host: string): Promise<AgentClient | undefined>;
  access(signal: AbortSignal): Promise<AccessDocument>;
  grant(request: GrantDocument, progress: Progress): Promise<undefined>;
  /** @param confirmed whether this machine's own access may end. @throws Fault `firewall/lockout` if not */
  revoke(holder: string, confirmed: boolean, progress: Progress): Promise<undefined>;
  /** @returns what the user should know although it was done. */
  stop(host: string, mode: "stop" | "term", progress: Progress): Promise<string | undefined>;
  /** @returns as {@link stop} */
  start(host: string, progress: Progress): Promise<string | undefined>;
  close(): void;
}
