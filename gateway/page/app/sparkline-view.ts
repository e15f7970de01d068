/** The bars of a forward, in the document. */
import { BARS, HEIGHT, path, STEP } from "./sparkline.js";

const NAMESPACE = "http://www.w3.org/2000/svg";

export function newSparkline(): SVGSVGElement {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${BARS * STEP - 1} ${HEIGHT}`);
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("role", "img");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.append(document.createElementNS(NAMESPACE, "path"));
  return svg;
}

export function drawSparkline(svg: SVGSVGElement, sums: readonly number[], label: string): void {
  svg.firstElementChild?.setAttribute("d", path(sums));
  svg.setAttribute("aria-label", label);
}
