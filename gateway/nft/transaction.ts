/** Changes of the table as one transaction: a value, printed as nft text. Pure. */
import type { Forward } from "../forwards/forward.js";
import { type Element, elementsOf } from "./elements.js";
import { TABLE } from "./ruleset.js";

export type Change =
  | { readonly kind: "add"; readonly forward: Forward }
  | { readonly kind: "remove"; readonly forward: Forward };

/** @returns one line: nft applies a line as a whole or not at all. */
export function transactionText(changes: readonly Change[]): string {
  return changes.flatMap(({ kind, forward }) => (kind === "add" ? adding(forward) : removing(forward))).join("; ");
}

function adding(forward: Forward): string[] {
  return elementsOf(forward).map((element) => command("add", element, element.text));
}

function removing(forward: Forward): string[] {
  return elementsOf(forward)
    .reverse()
    .map((element) => command("delete", element, element.key));
}

const command = (verb: "add" | "delete", { set }: Element, text: string) =>
  `${verb} element ${TABLE} ${set} { ${text} }`;
