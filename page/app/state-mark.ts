/** Shows a state by a shape and a word; the colour only repeats them. */
import { make, makeSvg, setText } from "./dom.js";

export type Tone = "good" | "bad" | "unknown";

const SHAPES: Readonly<Record<Tone, string>> = {
  good: "M8 1a7 7 0 1 0 .01 0zM4.5 8.2l2.5 2.5 4.7-5.2",
  bad: "M2.5 2.5l11 11M13.5 2.5l-11 11",
  unknown: "M2 8h.01M8 8h.01M14 8h.01",
};

export interface ShownState {
  readonly tone: Tone;
  readonly word: string;
  /** More of it, for the pointer. */
  readonly title: string;
}

export function newStateMark(): { readonly element: HTMLElement; update(state: ShownState): void } {
  const path = makeSvg("path", { fill: "none", stroke: "currentColor", "stroke-linecap": "round" });
  const word = make("span");
  const element = make("span", "state", makeSvg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, path), word);
  return {
    element,
    update({ tone, word: text, title }) {
      element.className = `state ${tone}`;
      element.title = title;
      path.setAttribute("d", SHAPES[tone]);
      path.setAttribute("stroke-width", tone === "unknown" ? "3.2" : "2");
      setText(word, text);
    },
  };
}
