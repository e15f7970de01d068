/** Checks that every entry of a list is an address or a block. */
import { Cidr } from "../../net/cidr.js";
import * as faults from "./faults.js";
import type { ListEntry } from "./list-source.js";

/**
 * The canonical texts of all entries.
 *
 * @param skipInvalid drops invalid entries.
 * @throws Fault that names the first invalid entry.
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
