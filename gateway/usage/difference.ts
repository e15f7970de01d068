/** Turns the kernel's growing counters into the traffic of a minute. Pure. */
import type { Forward } from "../forwards/forward.js";
import type { ForwardCounter } from "../nft/kernel.js";
import type { UsageSample } from "../store/store.js";

export type Counted = ReadonlyMap<string, ForwardCounter>;

const MINUTE = 60_000;

/**
 * @param before by forward id. A counter that is lower than before has started anew.
 * @returns samples of the forwards with traffic.
 */
export function difference(
  before: Counted,
  after: readonly ForwardCounter[],
  forwards: readonly Forward[],
  now: number,
): UsageSample[] {
  const owners = new Map(forwards.map(({ id, owner }) => [id, owner]));
  const minute = Math.floor(now / MINUTE) * MINUTE;
  return after.flatMap((counter) => {
    const owner = owners.get(counter.id);
    if (owner === undefined) return [];
    const known = before.get(counter.id);
    const last = known === undefined || known.packets > counter.packets ? undefined : known;
    const packets = counter.packets - (last?.packets ?? 0);
    const bytes = counter.bytes - (last?.bytes ?? 0);
    const connections = Math.max(0, counter.connections - (last?.connections ?? 0));
    if (packets === 0 && connections === 0) return [];
    return [{ forwardId: counter.id, connPort: counter.connPort, owner, minute, packets, bytes, connections }];
  });
}
