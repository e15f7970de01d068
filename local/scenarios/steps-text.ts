/** Prints the steps of a scenario: a line as each ends, and a table of all. Pure. */
import Table from "cli-table3";
import type { StepOutcome, StepResult } from "./steps.js";

const MARKS: Readonly<Record<StepOutcome, string>> = { ok: "ok", failed: "FAILED", "not run": "not run" };

/** Width of verdict and seconds. */
const HEAD = 17;
const MIN_WIDTH = 20;

export interface LineOptions {
  /** Of the terminal. @default - lines as long as they are */
  readonly columns?: number;
  /** Colours a verdict. @default - none */
  readonly paint?: (mark: string, verdict: StepOutcome) => string;
}

export function stepLine({ step, cameBack, verdict, seconds }: StepResult, options: LineOptions = {}): string {
  const { columns, paint = (mark) => mark } = options;
  const text = `${step}: ${cameBack}`;
  const lines = columns === undefined ? text : wrapped(text, Math.max(columns - HEAD - 1, MIN_WIDTH));
  const [first = "", ...more] = lines.split("\n");
  const head = `${paint(MARKS[verdict].padEnd(7), verdict)} ${`${seconds.toFixed(1)} s`.padStart(7)}  ${first}`;
  return [head, ...more.map((line) => `${" ".repeat(HEAD)}${line}`)].join("\n");
}

export function stepsTable(steps: readonly StepResult[]): string {
  const rows = new Table({
    head: ["step", "tried", "came back", "verdict", "s"],
    colAligns: ["left", "left", "left", "left", "right"],
    style: { head: [], border: [] },
  });
  for (const { step, tried, cameBack, verdict, seconds } of steps) {
    rows.push([wrapped(step, 13), wrapped(tried, 32), wrapped(cameBack, 58), MARKS[verdict], seconds.toFixed(1)]);
  }
  const count = (verdict: StepOutcome) => steps.filter((each) => each.verdict === verdict).length;
  const total = steps.reduce((sum, each) => sum + each.seconds, 0);
  const notRun = count("not run") === 0 ? "" : `, ${count("not run")} not run`;
  return `${rows.toString()}\n${count("ok")} ok, ${count("failed")} failed${notRun}, ${total.toFixed(0)} s`;
}

/** Wraps lines at spaces, and splits words that are longer than a line. */
function wrapped(text: string, width: number): string {
  const pattern = new RegExp(`(.{1,${width}})(?: +|$)|(.{${width}})`, "gm");
  return text
    .split("\n")
    .map((line) => line.replace(pattern, "$1$2\n").trimEnd())
    .join("\n");
}
