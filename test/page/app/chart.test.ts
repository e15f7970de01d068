import { describe, expect, test } from "vitest";
import { barsOf, chartSummary, RANGES, timeTicks, valueTicks } from "../../../page/app/chart.js";

const NOW = Date.parse("2026-01-31T12:00:30Z");
const MINUTE = 60_000;
const [HOUR, DAY, WEEK] = RANGES;

describe("the bars of a chart", () => {
  test("hold every byte of their time, and nothing older or newer", () => {
    const samples = Array.from({ length: 90 }, (_, ago) => ({ at: NOW - ago * MINUTE, series: "a", bytes: 1 }));
    const { totals, start, end } = barsOf([...samples, { at: NOW + MINUTE, series: "a", bytes: 9 }], HOUR, NOW);
    expect(totals).toEqual(new Array(60).fill(1));
    expect(end - start).toBe(60 * MINUTE);
    expect(end).toBeGreaterThan(NOW);
    expect(barsOf(samples, DAY, NOW).totals.slice(-4)).toEqual([29, 30, 30, 1]);
  });

  test("the largest series come first, and what is more than five are others", () => {
    const samples = ["a", "b", "c", "d", "e", "f"].map((series, index) => ({ at: NOW, series, bytes: index + 1 }));
    const { series, totals } = barsOf(samples, WEEK, NOW);
    expect(series.map(({ name, values }) => [name, values.at(-1)])).toEqual([
      ["f", 6],
      ["e", 5],
      ["d", 4],
      ["c", 3],
      ["2 others", 3],
    ]);
    expect(totals.at(-1)).toBe(21);
    expect(barsOf(samples.slice(1), WEEK, NOW).series.map(({ name }) => name)).toEqual(["f", "e", "d", "c", "b"]);
  });

  test("in words", () => {
    const sample = { at: NOW, series: "a", bytes: 1_500 };
    expect(chartSummary(barsOf([sample, { ...sample, at: NOW - MINUTE }], HOUR, NOW))).toBe(
      "3 kB in the last hour, at most 1.5 kB per minute",
    );
    expect(chartSummary(barsOf([], DAY, NOW))).toBe("no traffic in the last 24 hours");
  });
});

test.each([
  [0, [0]],
  [1, [0, 1]],
  [7, [0, 2, 4, 6, 8]],
  [956_000, [0, 500_000, 1_000_000]],
  [1_000_000, [0, 500_000, 1_000_000]],
  [12_500_000, [0, 5_000_000, 10_000_000, 15_000_000]],
])("the axis up to %d has the values %j", (most, ticks) => expect(valueTicks(most)).toEqual(ticks));

test("ticks are at round local times, also where these are half an hour off", () => {
  const bars = barsOf([], DAY, NOW);
  const local = (zone: number) =>
    timeTicks(bars, zone).map((at) => new Date(at - zone * MINUTE).toISOString().slice(11, 16));
  expect(local(0)).toEqual(["16:00", "20:00", "00:00", "04:00", "08:00", "12:00"]);
  expect(local(-330)).toEqual(["20:00", "00:00", "04:00", "08:00", "12:00", "16:00"]);
  expect(timeTicks(barsOf([], WEEK, NOW), 0)).toHaveLength(7);
});
