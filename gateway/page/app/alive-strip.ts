/** When a machine was alive, as a strip below the chart, on the same axis. */
import { PLOT } from "../../../page/app/chart-view.js";
import { make, makeSvg, setText } from "../../../page/app/dom.js";
import { type Stretch, stretches, stretchText } from "./machine-past.js";

const HEIGHT = 16;
/** Not alive is a thin line, so that the colour only repeats it. */
const SHAPES: Readonly<Record<Stretch["state"], { readonly y: number; readonly height: number }>> = {
  up: { y: 2, height: 12 },
  down: { y: 10, height: 4 },
  unknown: { y: 7, height: 2 },
};

export function newAliveStrip() {
  const svg = makeSvg("svg", { class: "strip", role: "img", height: HEIGHT });
  const words = make("p", "soft small");
  const element = make("div", "alive-strip", words, svg);
  let shown: readonly Stretch[] = [];

  const draw = () => {
    const [first, last] = [shown[0]?.from ?? 0, shown.at(-1)?.to ?? 1];
    const width = svg.clientWidth;
    if (width === 0) return;
    const x = (at: number) => PLOT.left + ((at - first) / (last - first)) * (width - PLOT.left - PLOT.right);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.replaceChildren(
      ...shown.map(({ from, to, state }) =>
        makeSvg("rect", { x: x(from), width: Math.max(x(to) - x(from), 1), ...SHAPES[state], rx: 1.5, class: state }),
      ),
    );
  };
  new ResizeObserver(draw).observe(svg);

  return {
    element,
    update(
      history: Parameters<typeof stretches>[0],
      known: boolean | null,
      time: Parameters<typeof stretches>[2],
      last: string,
    ) {
      shown = stretches(history, known, time);
      const text = `In the last ${last}: ${stretchText(shown)}.`;
      svg.setAttribute("aria-label", text);
      setText(words, text);
      draw();
    },
  };
}
