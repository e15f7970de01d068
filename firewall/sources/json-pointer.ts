/** JSON pointers (RFC 6901): the place of a value in a document. */

/** @returns the reference tokens, or undefined for text that is not a pointer. */
export function parsePointer(text: string): string[] | undefined {
  if (text === "") return [];
  if (!text.startsWith("/") || /~(?![01])/.test(text)) return undefined;
  // In this order: "~01" is "~1", not "/".
  return text
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A pointer in the fragment of a URL, percent-encoded (RFC 6901, section 6). */
export function parsePointerFragment(text: string): string[] | undefined {
  try {
    return parsePointer(decodeURIComponent(text));
  } catch {
    return undefined;
  }
}

export function pointerText(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export type Found =
  | { readonly value: unknown }
  /** The longest part of the pointer that leads somewhere. */
  | { readonly missing: string; readonly from: readonly string[] };

export function resolvePointer(document: unknown, tokens: readonly string[]): Found {
  let value = document;
  for (const [index, token] of tokens.entries()) {
    const next = step(value, token);
    if (next === undefined) return { missing: token, from: tokens.slice(0, index) };
    value = next.value;
  }
  return { value };
}

function step(value: unknown, token: string): { value: unknown } | undefined {
  if (Array.isArray(value)) {
    // "-" is the place after the last element, which has no value.
    const index = /^(?:0|[1-9]\d{0,15})$/.test(token) ? Number(token) : -1;
    return index >= 0 && index < value.length ? { value: value[index] } : undefined;
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, token)) return undefined;
  return { value: Reflect.get(value, token) };
}
