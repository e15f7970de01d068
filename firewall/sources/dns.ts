/**
 * All addresses of a DNS name, IPv4 and IPv6.
 *
 * Both queries must succeed; otherwise a failing name server would remove half of the addresses from the
 * list. A name without addresses of one family is fine. A name whose servers return only some of its
 * addresses each time cannot be followed.
 */
import { Resolver } from "node:dns/promises";
import { errno } from "../../base/fault.js";
import * as faults from "./faults.js";
import type { ListEntry } from "./list-source.js";

export interface DnsOptions {
  readonly name: string;
  /** `192.0.2.53`, `[2001:db8::53]:5353`. @default those of this machine */
  readonly servers?: readonly string[];
  /** Time limit of one query to one server. @default 3000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such name",
  ESERVFAIL: "the name server failed",
  EREFUSED: "the name server refused to answer",
  ETIMEOUT: "no name server answered",
  ECONNREFUSED: "no name server listens",
};

export async function readDns(host: string, options: DnsOptions): Promise<ListEntry[]> {
  const { name, servers, signal, timeoutMs = 3_000 } = options;
  const resolver = new Resolver({ timeout: timeoutMs, tries: 3 });
  if (servers !== undefined) resolver.setServers([...servers]);
  const cancel = () => resolver.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  const ask = async (question: Promise<string[]>): Promise<string[]> => {
    try {
      return await question;
    } catch (error) {
      signal?.throwIfAborted();
      if (errno(error) === "ENODATA") return [];
      throw faults.unreachable(name, REASONS[errno(error) ?? ""] ?? String(error), error);
    }
  };
  try {
    signal?.throwIfAborted();
    const answers = await Promise.all([ask(resolver.resolve4(host)), ask(resolver.resolve6(host))]);
    return answers.flat().map((text) => ({ text, at: host }));
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
