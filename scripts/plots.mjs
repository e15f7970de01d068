// Draws docs/images/plots/ from the figures of the benches, in bench/*/results.json.
//   node scripts/plots.mjs
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse, textMetrics, View } from "vega";
import { compile } from "vega-lite";

const root = join(fileURLToPath(import.meta.url), "../..");

/** Name of the plot → its bench and charts: the rows of a table in one column, or the columns of a table in one row. */
const PLOTS = {
  cli: {
    bench: "cli",
    charts: [
      { table: "start", column: "ms of CPU", title: "Processor time of a command from start to end", unit: "ms" },
    ],
  },
  agent: {
    bench: "agent",
    charts: [
      { table: "download", column: "MB/s", title: "Download of 1 GiB", unit: "MB/s", more: true },
      { table: "upload", column: "MB/s", title: "Upload of 1 GiB, on the disk when it ends", unit: "MB/s", more: true },
      { table: "small", column: "requests/s", title: "Files of 1 KiB", unit: "requests per second", more: true },
    ],
  },
  "firewall-sync": {
    bench: "firewall-sync",
    charts: [
      { row: "50 addresses, 1 port: replace", title: "Replacing 50 addresses, 1 port" },
      { row: "50 addresses, 3 ports: replace", title: "Replacing 50 addresses, 3 ports" },
      { row: "500, prefix list: replace", title: "Replacing 500 addresses in a prefix list" },
    ].map((chart) => ({
      ...chart,
      table: "round-trip-50",
      columns: ": ms",
      unit: "ms, of which 50 for each call's round trip",
    })),
  },
  gateway: {
    bench: "gateway",
    charts: [
      { table: "create", column: "ms at 1000", title: "Opening a forward beside 1,000, in the kernel", unit: "ms" },
      {
        table: "connections",
        column: "connections/s",
        title: "New connections through 10,000 forwards",
        unit: "per second",
        more: true,
      },
      { table: "sweep", column: "seconds", title: "Sweep of 1,000 addresses, half of them dead", unit: "seconds" },
      {
        table: "log",
        column: "records/s",
        title: "Firewall log to a collector that acknowledges",
        unit: "records per second",
        more: true,
      },
    ],
  },
  mirror: {
    bench: "mirror",
    charts: [
      { table: "pip-20", column: "seconds", title: "pip installs 50 packages, the index 20 ms away", unit: "seconds" },
      { table: "npm-20", column: "seconds", title: "npm installs 50 packages, the index 20 ms away", unit: "seconds" },
    ],
  },
};

const THEMES = {
  light: { background: "#ffffff", text: "#1f2328", faint: "#d1d9e0", ours: "#0a7b53", peer: "#9aa7b4" },
  dark: { background: "#161b22", text: "#e6edf3", faint: "#30363d", ours: "#3fb98a", peer: "#6b7683" },
};

/** Narrow, so that the text stays readable on a phone. */
const WIDTH = 440;
/** Of its height, in the fonts that readers have: the same on every machine, with the package "canvas" or without. */
const LETTER_WIDTH = 0.56;
const SIZE = 12;

textMetrics.width = ({ fontSize = SIZE }, text) => String(text).length * fontSize * LETTER_WIDTH;

/** @returns file name → SVG of every plot in every theme. */
export async function drawPlots() {
  const drawn = {};
  for (const [name, { bench, charts }] of Object.entries(PLOTS)) {
    const results = JSON.parse(readFileSync(join(root, "bench", bench, "results.json"), "utf8"));
    for (const [theme, colours] of Object.entries(THEMES)) {
      const spec = compile(plot(charts, results, colours)).spec;
      const svg = await new View(parse(spec), { renderer: "none" }).toSVG();
      drawn[`${name}-${theme}.svg`] = `${svg}\n`;
    }
  }
  return drawn;
}

function plot(charts, results, colours) {
  const data = charts.map((chart) => values(chart, results[chart.table]));
  const longest = Math.max(...data.flat().map(({ name }) => name.length));
  const namesWidth = Math.ceil(longest * SIZE * LETTER_WIDTH) + 8;
  return {
    background: colours.background,
    padding: 16,
    vconcat: charts.map((chart, at) => bars(chart, data[at], colours, WIDTH - namesWidth)),
    spacing: 24,
    resolve: { scale: { x: "independent", y: "independent" } },
    config: {
      font: "system-ui, sans-serif",
      view: { stroke: null },
      title: {
        anchor: "start",
        frame: "bounds",
        offset: 8,
        color: colours.text,
        subtitleColor: colours.text,
        fontSize: 14,
        subtitleFontSize: SIZE,
      },
      axis: {
        labelColor: colours.text,
        labelFontSize: SIZE,
        gridColor: colours.faint,
        ticks: false,
        domain: false,
        title: null,
      },
      axisY: { minExtent: namesWidth, maxExtent: namesWidth, labelLimit: 0, labelPadding: 8 },
    },
  };
}

/** @returns the bars: names and numbers. */
function values({ table, column, row, columns }, { columns: heads, rows }) {
  if (row === undefined) {
    const at = indexOf(heads, column, table);
    return Object.entries(rows).flatMap(([name, all]) => (all[at] == null ? [] : [{ name, value: all[at] }]));
  }
  if (rows[row] === undefined) throw new Error(`there is no row "${row}" in the table ${table}`);
  return heads.flatMap((head, at) =>
    head.endsWith(columns) ? [{ name: head.slice(0, -columns.length), value: rows[row][at] }] : [],
  );
}

function indexOf(heads, column, table) {
  const at = heads.indexOf(column);
  if (at < 0) throw new Error(`there is no column "${column}" in the table ${table}`);
  return at;
}

/** One bar chart from zero, with each value at the end of its bar. */
function bars({ title, unit, more = false }, data, colours, width) {
  const most = Math.max(...data.map(({ value }) => value));
  const isOurs = "test(/^(ours|sallyport)/, datum.name)";
  return {
    title: { text: title, subtitle: `${unit}; ${more ? "more" : "less"} is better` },
    width,
    height: { step: 22 },
    data: { values: data.map((each) => ({ ...each, text: each.value.toLocaleString("en-US") })) },
    encoding: {
      y: { field: "name", type: "nominal", sort: null },
      // Room for the number at the end of the longest bar.
      x: {
        field: "value",
        type: "quantitative",
        scale: { domain: [0, most * 1.2], nice: false },
        axis: { tickCount: 4 },
      },
    },
    layer: [
      {
        mark: { type: "bar", height: 14, cornerRadiusEnd: 2 },
        encoding: { color: { condition: { test: isOurs, value: colours.ours }, value: colours.peer } },
      },
      {
        mark: { type: "text", align: "left", dx: 5, fontSize: SIZE, color: colours.text },
        encoding: { text: { field: "text" } },
      },
    ],
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const dir = join(root, "docs/images/plots");
  mkdirSync(dir, { recursive: true });
  for (const [name, svg] of Object.entries(await drawPlots())) writeFileSync(join(dir, name), svg);
}
