/** The bars in the document: a figure with axes, units and a legend, and the same numbers as a table. */
import { type Bars, chartSummary, timeTicks, valueTicks } from "./chart.js";
import { make, makeSvg, setText } from "./dom.js";
import { bytes, clock, tickText } from "./format.js";
import { newTable } from "./table.js";

const HEIGHT = 190;
/** Around the bars, in pixels: room for the labels of the axes. */
export const PLOT = { left: 62, right: 14, top: 12, bottom: 26 } as const;

export interface ChartView {
  readonly element: HTMLElement;
  update(bars: Bars): void;
}

/** @param title what the numbers are about; it is the heading of the figure. */
export function newChart(title: string): ChartView {
  const svg = makeSvg("svg", { class: "chart", role: "img", height: HEIGHT });
  const unit = make("span", "soft");
  const legend = make("ul", "legend");
  const none = make("p", "none soft");
  const table = newTable(`${title}, as a table`);
  const summary = make("summary", "", "The same as a table");
  const details = make("details", "", summary, table.element);
  const caption = make("figcaption", "", make("strong", "", title), unit);
  const element = make("figure", "", caption, svg, none, legend, details);
  let shown: Bars | undefined;

  const draw = () => {
    if (shown === undefined || svg.clientWidth === 0) return;
    svg.setAttribute("viewBox", `0 0 ${svg.clientWidth} ${HEIGHT}`);
    svg.replaceChildren(...chartParts(shown, svg.clientWidth));
  };
  // Drawn in the pixels that there are: text that is scaled with a picture is too small on a phone.
  new ResizeObserver(draw).observe(svg);

  return {
    element,
    update(bars) {
      const isEmpty = bars.totals.every((total) => total === 0);
      const said = chartSummary(bars);
      shown = bars;
      svg.setAttribute("aria-label", `${title}: ${said}`);
      svg.toggleAttribute("hidden", isEmpty);
      legend.hidden = isEmpty;
      details.hidden = isEmpty;
      none.hidden = !isEmpty;
      setText(none, `There was ${said}.`);
      setText(unit, isEmpty ? "" : `bytes per ${bars.range.bin} · ${said}`);
      legend.replaceChildren(
        ...bars.series.map(({ name, values }, index) =>
          make(
            "li",
            "",
            makeSvg(
              "svg",
              { viewBox: "0 0 12 12", "aria-hidden": "true", class: "swatch" },
              makeSvg("rect", { width: 12, height: 12, rx: 3, class: `series-${index}` }),
            ),
            make("span", "", name),
            make("span", "soft", bytes(values.reduce((sum, each) => sum + each, 0))),
          ),
        ),
      );
      writeTable(table, bars);
      draw();
    },
  };
}

function chartParts(bars: Bars, width: number): SVGElement[] {
  const { range, start, end, series, totals } = bars;
  const ticks = valueTicks(Math.max(...totals));
  const [top, bottom] = [ticks.at(-1) ?? 1, HEIGHT - PLOT.bottom];
  const y = (value: number) => bottom - (value / top) * (bottom - PLOT.top);
  const x = (at: number) => PLOT.left + ((at - start) / (end - start)) * (width - PLOT.left - PLOT.right);
  const [first, last] = [x(start), x(end)];
  const step = (last - first) / totals.length;
  const gap = step > 5 ? 1.5 : 0.5;
  const times = timeTicks(bars, new Date(start).getTimezoneOffset());
  // Labels of times need some 50 pixels each.
  const every = Math.ceil((times.length * 50) / (last - first));
  return [
    ...ticks.flatMap((value) => [
      makeSvg("line", { x1: first, x2: last, y1: y(value), y2: y(value), class: value === 0 ? "axis" : "grid" }),
      makeSvg("text", { x: first - 8, y: y(value) + 4, "text-anchor": "end" }, bytes(value)),
    ]),
    ...times.flatMap((at, index) => [
      makeSvg("line", { x1: x(at), x2: x(at), y1: bottom, y2: bottom + 4, class: "axis" }),
      ...(index % every === 0
        ? [makeSvg("text", { x: x(at), y: bottom + 18, "text-anchor": "middle" }, tickText(at, range.tickMs))]
        : []),
    ]),
    ...totals.flatMap((total, index) => {
      if (total === 0) return [];
      let below = 0;
      const parts = series.flatMap(({ values }, place) => {
        const value = values[index] ?? 0;
        if (value === 0) return [];
        const [from, to] = [y(below), y(below + value)];
        below += value;
        const height = Math.max(from - to, 1.5);
        const at = { x: first + index * step + gap / 2, y: from - height, width: step - gap, height };
        return [makeSvg("rect", { ...at, class: `series-${place}` })];
      });
      return [makeSvg("g", {}, makeSvg("title", {}, barText(bars, index)), ...parts)];
    }),
  ];
}

/** For the pointer: "14:30: port 22 3 MB, port 443 1 MB". */
function barText({ start, range, series }: Bars, index: number): string {
  const parts = series.flatMap(({ name, values }) => (values[index] ? [`${name} ${bytes(values[index])}`] : []));
  return `${clock(start + index * range.binMs, start + range.ms)}: ${parts.join(", ")}`;
}

/** Bars without traffic are left out. */
function writeTable(table: ReturnType<typeof newTable>, { start, end, range, series, totals }: Bars): void {
  const columns = [{ title: "From" }, ...series.map(({ name }) => ({ title: name, isNumber: true }))];
  const rows = totals.flatMap((total, index) =>
    total === 0
      ? []
      : [[clock(start + index * range.binMs, end), ...series.map(({ values }) => bytes(values[index] ?? 0))]],
  );
  table.update(columns, rows);
}
