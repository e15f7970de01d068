/** Chooses how far back a chart goes. */
import { RANGES, type Range } from "./chart.js";
import { make } from "./dom.js";

let count = 0;

/** @param onChoice called with the new range. It begins with the second one. */
export function newRangeChoice(onChoice: (range: Range) => void): { readonly element: HTMLElement } {
  count += 1;
  const inputs = RANGES.map((range, index) => {
    const input = make("input");
    input.type = "radio";
    input.name = `range-${count}`;
    input.checked = index === 1;
    input.addEventListener("change", () => onChoice(range));
    return make("label", "", input, make("span", "", range.label));
  });
  return { element: make("fieldset", "choice", make("legend", "unseen", "How far back"), ...inputs) };
}
