/** Byte ranges (RFC 9110, 14.1.2): one range becomes a part, several are answered with the whole. */

export type Selection =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly start: number; readonly length: number }
  | { readonly kind: "unsatisfiable" };

const WHOLE: Selection = { kind: "whole" };
/** Members of the list may be empty (RFC 9110, 5.6.1.2). */
const HEADER = /^bytes=[ \t,]*((?:\d+-\d*|-\d+)(?:[ \t]*,[ \t,]*(?:\d+-\d*|-\d+))*)[ \t,]*$/i;

/** @param header `Range`; another unit or a malformed value counts as absent. */
export function selectRange(header: string | undefined, size: number): Selection {
  const list = HEADER.exec(header ?? "")?.[1];
  if (list === undefined) return WHOLE;
  const specs = list.split(/[ \t,]+/);
  const parts = specs.map((spec) => selectOne(spec, size));
  const satisfiable = parts.filter((part) => part.kind !== "unsatisfiable");
  if (satisfiable.length === 0) return { kind: "unsatisfiable" };
  return specs.length === 1 ? (satisfiable[0] ?? WHOLE) : WHOLE;
}

function selectOne(spec: string, size: number): Selection {
  const dash = spec.indexOf("-");
  const first = spec.slice(0, dash);
  const last = spec.slice(dash + 1);
  if (first === "") {
    const length = Math.min(Number(last), size);
    if (Number(last) === 0) return { kind: "unsatisfiable" };
    return size === 0 ? WHOLE : { kind: "part", start: size - length, length };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  // "5-2" makes the whole header invalid, which means: ignore it.
  if (last !== "" && Number(last) < start) return WHOLE;
  return start >= size ? { kind: "unsatisfiable" } : { kind: "part", start, length: end - start + 1 };
}
