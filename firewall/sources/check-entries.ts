/** What stands between a list as it was read and a list that may be followed: every entry is an address. */
import { Cidr } from "../../net/cidr.js";
import * as faults from "./faults.js";
import type { ListEntry } from "./list-source.js";

/**
 * The canonical texts of all entries.
 *
 * @param skipInvalid passes over what is no address, for those who permit it.
 * @throws Fault that names the first entry that is no address; then no entry counts.
 */
export function checkEntries(entries: readonly ListEntry[], name: string, skipInvalid = false): string[] {
  return entries.flatMap((entry) => {
    try {
      return [Cidr.of(entry.text.trim()).toString()];
    } catch (error) {
      if (skipInvalid) return [];
      throw faults.notAnAddress(name, entry, error);
    }
  });
}
