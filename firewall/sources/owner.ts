/** The default owner in the marks of a source's rules. */
import type { ListSource } from "./list-source.js";

/**
 * Two different lists must not share an owner, because a sync removes the owner's rules that its list
 * does not have. So sources that belong to one machine or user (a file, the caller) are named after both.
 *
 * @param user such as `ada@laptop`.
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

/** Keeps the end of a long name, where names differ most. */
function clean(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(-64)
    .replace(/^[._-]+/, "")
    .replace(/[._-]+$/, "")
    .toLowerCase();
}
