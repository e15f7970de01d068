/**
 * What AWS refuses halfway through a deployment: more tags than a resource may have, and keys that differ only in case,
 * which EC2 tells apart and IAM does not.
 */
import { ownTagCase, reservedTag, tagCase, tooManyTags } from "../errors.js";
import type { Merged } from "../merge.js";
import { pointerPath, pointerStep } from "../origin.js";

/** Keys of the tags that the kit sets. The user's `tags` may replace the first two, by the same key. */
export const OWN_TAGS = [
  "Project",
  "ManagedBy",
  "Name",
  "sallyport:project",
  "sallyport:deployment",
  "sallyport:host",
] as const;
const REPLACEABLE: readonly string[] = OWN_TAGS.slice(0, 2);
/** A machine carries all of the kit's own. */
const MAX_TAGS = 50 - OWN_TAGS.length;

/** @throws Fault for the first key that is one too many, is the kit's alone, or that AWS may mistake for another one. */
export function checkTags({ values, sources }: Merged): void {
  const place = (key: string) => sources.tags?.where(`/tags${pointerStep(key)}`) ?? "built in";
  const path = (key: string) => pointerPath(`/tags${pointerStep(key)}`);
  const seen = new Map<string, string>(OWN_TAGS.map((key) => [fold(key), key]));
  const own = new Set<string>(OWN_TAGS);
  const further = Object.keys(values.tags ?? {}).filter((key) => !REPLACEABLE.includes(key));
  const surplus = further[MAX_TAGS];
  if (surplus !== undefined) throw tooManyTags(place(surplus), path(surplus), MAX_TAGS, REPLACEABLE.join(" and "));
  for (const key of Object.keys(values.tags ?? {})) {
    if (own.has(key) && fold(key).startsWith("sallyport:")) throw reservedTag(place(key), path(key));
    const other = seen.get(fold(key));
    if (other === undefined) seen.set(fold(key), key);
    else if (other !== key) {
      throw own.has(other)
        ? ownTagCase(place(key), path(key), other, REPLACEABLE.includes(other))
        : tagCase(place(key), path(key), path(other), place(other));
    }
  }
}

const fold = (key: string) => key.toLowerCase();
