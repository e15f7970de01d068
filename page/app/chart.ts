/** Bars of traffic over time, stacked by series: sums, scales and words. Pure. */
import { bytes } from "./format.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Range {
  /** "24 hours" */
  readonly label: string;
  /** The same as in "the last …". */
  readonly last: string;
  readonly ms: number;
  /** The time of one bar. */
  readonly binMs: number;
  /** The same in words: "30 minutes". */
  readonly bin: string;
  readonly tickMs: number;
}

export const RANGES = [
  { label: "1 hour", last: "hour", ms: HOUR, binMs: MINUTE, bin: "minute", tickMs: 10 * MINUTE },
  { label: "24 hours", last: "24 hours", ms: DAY, binMs: 30 * MINUTE, bin: "30 minutes", tickMs: 4 * HOUR },
  { label: "7 days", last: "7 days", ms: 7 * DAY, binMs: 3 * HOUR, bin: "3 hours", tickMs: DAY },
] as const satisfies readonly Range[];

export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly series: string;
  readonly bytes: number;
}

export interface Bars {
  readonly range: Range;
  /** Start of the first bar. */
  readonly start: number;
  readonly end: number;
  /** The largest first, at most five: the smallest are "others". One value per bar. */
  readonly series: ReadonlyArray<{ readonly name: string; readonly values: readonly number[] }>;
  readonly totals: readonly number[];
}

/** Colours that can be told apart. */
const MAX_SERIES = 5;

export function barsOf(samples: readonly Sample[], range: Range, now: number): Bars {
  const { ms, binMs } = range;
  const end = Math.ceil((now + 1) / binMs) * binMs;
  const start = end - ms;
  const count = ms / binMs;
  const sums = new Map<string, number[]>();
  for (const { at, series, bytes } of samples) {
    const index = Math.floor((at - start) / binMs);
    if (index < 0 || index >= count) continue;
    const values = sums.get(series) ?? new Array<number>(count).fill(0);
    values[index] = (values[index] ?? 0) + bytes;
    sums.set(series, values);
  }
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const add = (all: ReadonlyArray<readonly number[]>) =>
    Array.from({ length: count }, (_, index) => total(all.map((values) => values[index] ?? 0)));
  const sorted = [...sums].sort(([a, x], [b, y]) => total(y) - total(x) || (a < b ? -1 : 1));
  const few = sorted.length > MAX_SERIES ? sorted.slice(0, MAX_SERIES - 1) : sorted;
  const rest = sorted.slice(few.length).map(([, values]) => values);
  const series = few.map(([name, values]) => ({ name, values }));
  if (rest.length > 0) series.push({ name: `${rest.length} others`, values: add(rest) });
  return { range, start, end, series, totals: add(series.map(({ values }) => values)) };
}

/** Round values of the axis from 0 up, at most five; the last is not below `most`. */
export function valueTicks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 4) / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each * 4 >= most) ?? power * 10;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step);
}

/** Round local times between two times. @param zone minutes that local time is behind UTC. */
export function timeTicks({ start, end, range }: Bars, zone: number): number[] {
  const offset = zone * MINUTE;
  const first = Math.ceil((start - offset) / range.tickMs) * range.tickMs + offset;
  const ticks: number[] = [];
  for (let at = first; at <= end; at += range.tickMs) ticks.push(at);
  return ticks;
}

/** "12 MB in the last 24 hours, at most 3 MB per 30 minutes" */
export function chartSummary({ range, totals }: Bars): string {
  const sum = totals.reduce((all, each) => all + each, 0);
  if (sum === 0) return `no traffic in the last ${range.last}`;
  return `${bytes(sum)} in the last ${range.last}, at most ${bytes(Math.max(...totals))} per ${range.bin}`;
}
