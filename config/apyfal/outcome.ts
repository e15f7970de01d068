import { quote } from "../../base/fault.js";
import { nearest } from "../../base/text/nearest.js";
import type { ConfigKey } from "../schema.js";

/**
 * The result of converting a setting: keys of the new file, which are valid only together, or a remark for the list.
 */
export type Outcome =
  | { readonly keys: Readonly<Partial<Record<ConfigKey, unknown>>>; readonly remark?: string }
  | { readonly none: string }
  | { readonly remark: string };

/** For a key that Apyfal does not know either. Apyfal accepted any key, so typing errors went unnoticed. */
export function unknownKey(key: string, known: readonly string[]): Outcome {
  const meant = nearest(key, known);
  return { none: `Apyfal has no such key${meant === undefined ? "" : `; did you mean ${quote(meant)}?`}` };
}
