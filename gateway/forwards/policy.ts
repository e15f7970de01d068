/** What a forward has if its request does not say: who may use it, and for how long. Pure. */
import { isIPv6 } from "node:net";
import { Problem } from "../../http/problem.js";
import { Address } from "../../net/address.js";
import { knownBlock, parseBlock } from "./block.js";
import type { Forward } from "./forward.js";

/** As in gateway.yaml. */
export interface ForwardPolicy {
  readonly sources: "caller" | "anywhere";
  readonly expires_seconds: number | "never";
}

export interface Requester {
  /** Address that the request came from. */
  readonly address: string;
  /** Whether the forward will be the requester's own. */
  readonly isOwner: boolean;
}

/** Source blocks for a request that names none. @throws Problem 422 if the requester's address cannot serve as one. */
export function defaultSources({ sources }: ForwardPolicy, { address, isOwner }: Requester, target: string): string[] {
  if (sources === "anywhere") return [];
  if (!isOwner) throw sourcesNeeded("this forward is another user's, whose address is not known");
  const block = parseBlock(address);
  if (block === undefined || isIPv6(address) !== isIPv6(target)) {
    throw sourcesNeeded(`your request came from ${address}, and this target is reached by another IP version`);
  }
  return [block.toString()];
}

/** Seconds; undefined for a forward that does not end. */
export const defaultSeconds = ({ expires_seconds: seconds }: ForwardPolicy): number | undefined =>
  seconds === "never" ? undefined : seconds;

/**
 * Whether a client with this address may use the forward. Undefined if its connections have another IP version than its
 * request, and thus another address.
 */
export function admits({ sources, targetAddr }: Forward, address: string): boolean | undefined {
  if (sources.length === 0) return true;
  const client = Address.parse(address);
  if (client === undefined || isIPv6(address) !== isIPv6(targetAddr)) return undefined;
  return sources.some((source) => knownBlock(source)?.contains(client) === true);
}

const sourcesNeeded = (why: string) =>
  new Problem(
    422,
    "sources-needed",
    "Unprocessable content",
    `sources is missing: ${why}; name the blocks of addresses that may use it, or [] for all`,
  );
