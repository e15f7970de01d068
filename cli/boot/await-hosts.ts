/** Several hosts that boot, awaited at the same time; what is seen of each goes to the user as it changes. */

import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import type { AwaitOptions, BootReport } from "../../client/agent/await-agent.js";
import type { Context } from "../context.js";
import { type HostFlags, resolveHost } from "../host.js";

export interface BootedHost extends BootReport {
  readonly name: string;
  readonly address: string;
}

export interface AwaitHostsOptions {
  /** Names, addresses or instance ids. */
  readonly hosts: readonly string[];
  readonly flags: HostFlags;
  /** Milliseconds. */
  readonly timeout: number;
  /** Names of the hosts that have no agent. @default - none */
  readonly sshOnly?: readonly string[];
  /** What the progress is called. */
  readonly label: string;
}

export async function awaitHosts(context: Context, options: AwaitHostsOptions): Promise<BootedHost[]> {
  const { awaitAgent } = await import("../../client/agent/await-agent.js");
  const quiet = { ...context, warn: once(context.warn) };
  const targets = await Promise.all(options.hosts.map((host) => resolveHost(quiet, host, options.flags)));
  const progress = context.progress(options.label);
  const seen = new Map<string, string>();
  const tell = (name: string, what: string) => {
    seen.set(name, what);
    const ready = [...seen.values()].filter((each) => each === "ready").length;
    const others = [...seen].filter(([, each]) => each !== "ready").map((pair) => pair.join(": "));
    if (process.stderr.isTTY) progress.update([`${ready} of ${targets.length} ready`, ...others].join(", "));
    else context.note(`${options.label}: ${name}: ${what}`);
  };
  try {
    return await Promise.all(
      targets.map(async ({ name, address, port, trust }) => {
        const report = await awaitAgent(
          defined<AwaitOptions>({
            host: address,
            trust,
            timeout: options.timeout,
            signal: context.signal,
            sshOnly: options.sshOnly?.includes(name) === true,
            onSeen: (what) => tell(name, what),
            port,
          }),
        );
        return { name, address, ...report };
      }),
    );
  } finally {
    progress.done();
  }
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

/** @throws Fault if a host did not answer in time, or answered as somebody else. */
export function checkBooted(hosts: readonly BootedHost[], timeout: number): void {
  const named = (verdict: BootedHost["verdict"]) => hosts.filter((host) => host.verdict === verdict);
  const foreign = named("alarm");
  if (foreign.length > 0) throw foreignHost(foreign);
  const late = named("late");
  if (late.length > 0) throw lateHosts(late, timeout);
}

const each = (hosts: readonly BootedHost[]) =>
  hosts.map(({ name, address, seen }) => `${name} (${address}): ${seen}`).join("\n");

const foreignHost = (hosts: readonly BootedHost[]) =>
  new Fault(
    "cli/foreign-host",
    `SECURITY: ${hosts.length === 1 ? "a host shows" : `${hosts.length} hosts show`} a certificate that is not yours\n${each(hosts)}`,
    {
      hint: "send nothing there: somebody may be in between; if it is another deployment's host, give its certificate with --cert FILE",
      exit: EXIT.auth,
    },
  );

const lateHosts = (hosts: readonly BootedHost[], timeout: number) =>
  new Fault(
    "cli/not-booted",
    `${hosts.length === 1 ? "a host does" : `${hosts.length} hosts do`} not answer after ${Math.round(timeout / 1000)} s\n${each(hosts)}`,
    {
      hint: 'they were left as they are, and cost what they cost; "sallyport wait" waits on, and /var/log/cloud-init-output.log on the host tells what went wrong',
    },
  );

function once(warn: Context["warn"]): Context["warn"] {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    said.add(line);
    warn(line);
  };
}
