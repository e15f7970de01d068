/** Traffic over time, drawn. The numbers are made here; the drawing is one path. Pure but for `drawSparkline`. */

export interface Minute {
  /** Beginning, milliseconds since 1970. */
  readonly minute: number;
  readonly bytes: number;
}

/** How far the line reaches back. */
export const SPAN_MS = 60 * 60_000;
const BARS = 30;
const HEIGHT = 24;
const STEP = 4;
const NAMESPACE = "http://www.w3.org/2000/svg";

/** Bytes of equal parts of the last hour, oldest first. */
export function bars(minutes: readonly Minute[], now: number): number[] {
  const each = SPAN_MS / BARS;
  const end = Math.ceil((now + 1) / each) * each;
  const sums = new Array<number>(BARS).fill(0);
  for (const { minute, bytes } of minutes) {
    const index = Math.floor((minute - (end - SPAN_MS)) / each);
    if (index >= 0 && index < BARS) sums[index] = (sums[index] ?? 0) + bytes;
  }
  return sums;
}

/** Heights grow with the square root, so that a short login is seen beside a large copy. */
export function path(sums: readonly number[]): string {
  const most = Math.max(1, ...sums);
  return sums
    .map((sum, index) => {
      const height = sum === 0 ? 1 : Math.max(2.5, Math.sqrt(sum / most) * HEIGHT);
      return `M${index * STEP} ${HEIGHT}v-${Number(height.toFixed(1))}h3v${Number(height.toFixed(1))}z`;
    })
    .join("");
}

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
  svg.classList.toggle(
    "quiet",
    sums.every((sum) => sum === 0),
  );
}
