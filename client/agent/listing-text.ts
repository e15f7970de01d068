import { escapeControls } from "../../base/text/escape.js";
import { table } from "../../base/text/table.js";
import type { Listing } from "./answers.js";

/** A directory for people. */
export function listingText({ entries, not_shown: notShown = 0 }: Listing): string {
  const rows = entries.map(({ name, type, size, modified }) =>
    type === "directory" ? ["-", modified, `${escapeControls(name)}/`] : [String(size), modified, escapeControls(name)],
  );
  const others =
    notShown === 0 ? [] : [`and ${notShown} that cannot be transferred: links, devices, names with \\ or not in UTF-8`];
  if (rows.length === 0) return others[0] ?? "empty";
  return [table(rows), ...others].join("\n");
}
