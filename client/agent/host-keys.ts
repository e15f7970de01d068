/** SSH host keys. They come from the agent over a verified connection, never from SSH itself. */
import { Fault } from "../../base/fault.js";
import { noHostKeys } from "../errors.js";
import { readKnownHosts, writeKnownHosts } from "../ssh/known-hosts.js";
import type { AgentClient } from "./agent-client.js";

export interface HostKeysOptions {
  readonly client: AgentClient;
  /** The known_hosts file that stores the keys. */
  readonly file: string;
  /** The name that the keys are stored under. */
  readonly alias: string;
  readonly signal?: AbortSignal;
}

export interface KnownHostKeys {
  readonly keys: readonly string[];
  /** Why the stored keys were used instead of fresh ones, if so. */
  readonly stale?: Fault;
}

const UNREACHABLE = new Set(["client/refused", "client/no-answer", "client/unreachable", "client/broken"]);

/**
 * Fetches the host's keys and stores them. If the agent cannot be reached, the stored keys are used. If the peer
 * answers with the wrong certificate or denies permission, there is no fallback.
 */
export async function fetchHostKeys(options: HostKeysOptions): Promise<KnownHostKeys> {
  const { client, file, alias, signal } = options;
  try {
    const { ssh_host_keys: keys } = await client.host(signal === undefined ? {} : { signal });
    if (keys.length === 0) throw noHostKeys(alias);
    await writeKnownHosts(file, alias, 22, keys);
    return { keys };
  } catch (error) {
    if (!(error instanceof Fault) || !UNREACHABLE.has(error.code)) throw error;
    const keys = await readKnownHosts(file, alias, 22);
    if (keys.length === 0)
      throw new Fault(error.code, error.message, { hint: UNPINNED, exit: error.exit, cause: error });
    return { keys, stale: error };
  }
}

const UNPINNED = "its SSH host keys are fetched from there first; a key is never trusted on first use";
