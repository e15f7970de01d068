/**
 * Plans the changes to one managed prefix list. The same rules hold as for a group (`plan.ts`): entries
 * are compared by block, only entries with the owner's mark are removed, and another owner's entry counts
 * as present.
 *
 * One call changes the whole list and makes a new version of it, so additions and removals in one call
 * take effect together. A change too large for one call is split so that additions come as early as the
 * list's size allows, and no version in between exceeds it.
 */
import { byText } from "../../base/text/compare.js";
import { type Cidr, compareCidrs } from "../../net/cidr.js";
import type { PrefixListEntry } from "../../net/ec2-rules.js";
import { formatMark, parseMark } from "./mark.js";

export interface PrefixListPlan {
  readonly add: readonly Cidr[];
  readonly remove: readonly Cidr[];
  readonly keep: readonly Cidr[];
  readonly foreign: readonly PrefixListEntry[];
  /** Description of the additions. */
  readonly description: string;
}

export function planPrefixList(
  desired: readonly Cidr[],
  entries: readonly PrefixListEntry[],
  owner: string,
): PrefixListPlan {
  const wanted = new Map(desired.map((cidr) => [cidr.toString(), cidr]));
  const there = new Set(entries.map(({ cidr }) => cidr?.toString()));
  const remove: Cidr[] = [];
  const keep: Cidr[] = [];
  const foreign: PrefixListEntry[] = [];
  for (const entry of entries) {
    const { cidr, description } = entry;
    if (cidr === undefined || parseMark(description)?.owner !== owner) foreign.push(entry);
    else if (wanted.has(cidr.toString())) keep.push(cidr);
    else remove.push(cidr);
  }
  return {
    add: [...wanted.values()].filter((cidr) => !there.has(cidr.toString())).sort(compareCidrs),
    remove: remove.sort(compareCidrs),
    keep: keep.sort(compareCidrs),
    foreign: foreign.sort(byText(({ text }) => text)),
    description: formatMark({ owner }),
  };
}

export interface PrefixListBatch {
  readonly add: readonly Cidr[];
  readonly remove: readonly Cidr[];
}

/** "The number of entries per request cannot exceeds limit (100)", as EC2 puts it. */
const MAX_ENTRIES_PER_CALL = 100;

/** @param room free entries of the list before any removal. */
export function batchPrefixList(plan: Pick<PrefixListPlan, "add" | "remove">, room: number): PrefixListBatch[] {
  const add = [...plan.add];
  const remove = [...plan.remove];
  const batches: PrefixListBatch[] = [];
  let free = room;
  while (add.length + remove.length > 0) {
    // Beyond the room, each addition needs a removal in the same call.
    const mostAdditions = Math.min(
      MAX_ENTRIES_PER_CALL,
      free >= MAX_ENTRIES_PER_CALL ? MAX_ENTRIES_PER_CALL : Math.floor((MAX_ENTRIES_PER_CALL + free) / 2),
      free + remove.length,
    );
    const added = add.splice(0, Math.max(0, mostAdditions));
    const removed = remove.splice(0, MAX_ENTRIES_PER_CALL - added.length);
    if (added.length + removed.length === 0) break;
    free += removed.length - added.length;
    batches.push({ add: added, remove: removed });
  }
  return batches;
}

/** How many entries the list has after the plan. */
export function entriesAfter(plan: PrefixListPlan): number {
  return plan.keep.length + plan.foreign.length + plan.add.length;
}
