/** The owner under which a source's rules are marked where nobody named one. */
import type { ListSource } from "./list-source.js";

/**
 * A name that two different lists do not share: rules of one owner that its list does not have are
 * removed. What only one machine or user knows (a file, the caller) is named after both.
 *
 * @param user whose caller it is, such as `ada@laptop`.
 */
export function ownerOf(source: ListSource, user: string): string {
  switch (source.kind) {
    case "faculty":
      return clean(new URL(source.url).host);
    case "json":
      return clean(
        "url" in source ? `${new URL(source.url).host}.${source.pointer.join(".")}` : `${user}.${source.path}`,
      );
    case "file":
      return clean(`${user}.${source.path}`);
    case "dns":
      return clean(source.host);
    case "aws":
      return clean(["aws", source.service, source.region].filter(Boolean).join("."));
    case "caller":
      return clean(`caller.${user}`);
  }
}

/** Of the end, where names differ most. */
function clean(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(-64)
    .replace(/^[._-]+/, "")
    .replace(/[._-]+$/, "")
    .toLowerCase();
}
