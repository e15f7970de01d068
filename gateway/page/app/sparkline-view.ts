/** The bars of a forward, in the document. */
import { makeSvg } from "../../../page/app/dom.js";
import { BARS, HEIGHT, path, STEP } from "./sparkline.js";

export function newSparkline(): SVGSVGElement {
  const viewBox = `0 0 ${BARS * STEP - 1} ${HEIGHT}`;
  const attributes = { viewBox, class: "sparkline", role: "img", preserveAspectRatio: "none" };
  return makeSvg("svg", attributes, makeSvg("path"));
}

export function drawSparkline(svg: SVGSVGElement, sums: readonly number[], label: string): void {
  svg.firstElementChild?.setAttribute("d", path(sums));
  svg.setAttribute("aria-label", label);
}
