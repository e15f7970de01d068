/** Shows whether a machine is alive by a shape and a word; the colour only repeats them. */
import { make, setText } from "./dom.js";

const NAMESPACE = "http://www.w3.org/2000/svg";

const STATES = {
  alive: { word: "alive", path: "M8 1a7 7 0 1 0 .01 0zM4.5 8.2l2.5 2.5 4.7-5.2" },
  dead: { word: "not alive", path: "M2.5 2.5l11 11M13.5 2.5l-11 11" },
  unknown: { word: "not known yet", path: "M2 8h.01M8 8h.01M14 8h.01" },
} as const;

export type State = keyof typeof STATES;

export const stateOf = (routable: boolean | null): State =>
  routable === null ? "unknown" : routable ? "alive" : "dead";

export const wordOf = (state: State): string => STATES[state].word;

export function newStateMark(): { readonly element: HTMLElement; update(state: State, title: string): void } {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NAMESPACE, "path");
  for (const [name, value] of Object.entries({ fill: "none", stroke: "currentColor", "stroke-linecap": "round" })) {
    path.setAttribute(name, value);
  }
  svg.append(path);
  const word = make("span");
  const element = make("span", "state", svg, word);
  return {
    element,
    update(state, title) {
      element.className = `state ${state}`;
      element.title = title;
      path.setAttribute("d", STATES[state].path);
      path.setAttribute("stroke-width", state === "unknown" ? "3.2" : "2");
      setText(word, wordOf(state));
    },
  };
}
