/** The text format of Prometheus, version 0.0.4. Pure. */

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

export interface Family {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** Empty for events that have not happened yet. */
  readonly samples: readonly Sample[];
}

export interface HistogramFamily {
  readonly name: string;
  readonly type: "histogram";
  readonly help: string;
  readonly samples: ReadonlyArray<readonly [labels: Labels, histogram: Histogram]>;
}

interface Histogram {
  /** Upper bounds, ascending, each with the number of observations at or below it; +Inf is `count`. */
  readonly buckets: ReadonlyArray<readonly [le: number, count: number]>;
  readonly count: number;
  readonly sum: number;
}

export function familyText(family: Family | HistogramFamily): string {
  const { name, type, help } = family;
  const lines =
    family.type === "histogram"
      ? family.samples.flatMap(([labels, histogram]) => histogramLines(name, labels, histogram))
      : family.samples.map(([labels, value]) => line(name, labels, value));
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function histogramLines(name: string, labels: Labels, { buckets, count, sum }: Histogram): string[] {
  const all = [...buckets.map(([le, n]) => [String(le), n] as const), ["+Inf", count] as const];
  return [
    ...all.map(([le, n]) => line(`${name}_bucket`, { ...labels, le }, n)),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
