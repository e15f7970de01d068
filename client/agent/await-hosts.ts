/** Waits for several booting hosts, all at the same time. */
import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import type { Trust } from "../tls/trust.js";
import { type AwaitOptions, awaitAgent, type BootReport } from "./await-agent.js";

export interface BootingHost {
  readonly name: string;
  readonly address: string;
  /** Undefined means the usual port. */
  readonly port: number | undefined;
  readonly trust: Trust;
}

export type BootedHost = BootReport & Pick<BootingHost, "name" | "address">;

export interface AwaitHostsOptions {
  /** Milliseconds, for all of them. */
  readonly timeout: number;
  /** Names of the hosts that have no agent. @default - none */
  readonly sshOnly?: readonly string[];
  /** Called whenever an attempt on a host ends differently from the one before. */
  readonly onSeen?: (name: string, seen: string) => void;
  readonly signal?: AbortSignal;
}

/** @throws Fault `client/aborted`; every other outcome is in the reports, see {@link checkBooted}. */
export function awaitHosts(hosts: readonly BootingHost[], options: AwaitHostsOptions): Promise<BootedHost[]> {
  const { timeout, sshOnly = [], onSeen, signal } = options;
  return Promise.all(
    hosts.map(async ({ name, address, port, trust }) => {
      const report = await awaitAgent(
        defined<AwaitOptions>({
          host: address,
          trust,
          timeout,
          signal,
          sshOnly: sshOnly.includes(name),
          onSeen: (seen) => onSeen?.(name, seen),
          port,
        }),
      );
      return { name, address, ...report };
    }),
  );
}

/** One line per host. */
export function bootText(hosts: readonly BootedHost[]): string {
  return hosts
    .map(({ name, address, verdict, seen, ms }) => {
      const at = `${name.padEnd(14)} ${address}`;
      return verdict === "ready" ? `${at}  ready after ${Math.round(ms / 1000)} s` : `${at}  ${seen}`;
    })
    .join("\n");
}

/** @throws Fault if a host did not answer in time, or presented the wrong certificate. */
export function checkBooted(hosts: readonly BootedHost[], timeout: number): void {
  const withVerdict = (verdict: BootedHost["verdict"]) => hosts.filter((host) => host.verdict === verdict);
  const foreign = withVerdict("alarm");
  if (foreign.length > 0) throw foreignHost(foreign);
  const late = withVerdict("late");
  if (late.length > 0) throw lateHosts(late, timeout);
}

const each = (hosts: readonly BootedHost[]) =>
  hosts.map(({ name, address, seen }) => `${name} (${address}): ${seen}`).join("\n");

const foreignHost = (hosts: readonly BootedHost[]) =>
  new Fault(
    "cli/foreign-host",
    `SECURITY: ${hosts.length === 1 ? "a host shows" : `${hosts.length} hosts show`} a certificate that is not yours\n${each(hosts)}`,
    {
      hint: "send nothing there: the connection may be intercepted; if the host belongs to another deployment, pass its certificate with --cert FILE",
      exit: EXIT.auth,
    },
  );

const lateHosts = (hosts: readonly BootedHost[], timeout: number) =>
  new Fault(
    "cli/not-booted",
    `${hosts.length === 1 ? "a host does" : `${hosts.length} hosts do`} not answer after ${Math.round(timeout / 1000)} s\n${each(hosts)}`,
    {
      hint: 'the hosts keep running, and AWS keeps charging for them; "sallyport wait" waits longer, and /var/log/cloud-init-output.log on the host shows what went wrong',
    },
  );
