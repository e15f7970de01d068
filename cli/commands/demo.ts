/** `sallyport demo`: the main job on this machine, without an AWS account. What `npm start` runs. */
import { resolve } from "node:path";
import Table from "cli-table3";
import { Argument } from "commander";
import { defined } from "../../base/defined.js";
import { EXIT } from "../../base/fault.js";
import type { Running, ScenarioOptions } from "../../local/scenarios/scenario.js";
import type { StepOutcome, StepResult } from "../../local/scenarios/steps.js";
import type { Context, Progress, Register } from "../context.js";

interface DemoFlags {
  readonly keep?: boolean;
  readonly dir?: string;
}

export const register: Register = (program, wrap) => {
  program
    .command("demo")
    .description("deploy a guarded host to an AWS emulator, boot it on this machine, and try its firewall")
    .addArgument(new Argument("[scenario]", "gateway: a lab's gateway and its users instead").choices(["gateway"]))
    .option("--keep", "leave it running until Ctrl-C and print how to use it")
    .option("--dir <path>", "where everything it writes goes", ".demo")
    .addHelpText(
      "after",
      `
Needs no AWS account and no network. As root on Linux the host boots in namespaces behind its own
security-group rules; elsewhere its agent runs as an ordinary process and no packets are filtered.
The gateway's scenario needs root on Linux and the gateway's Debian packages; elsewhere it only deploys.

Examples:
  $ sallyport demo
  $ sallyport demo gateway
  $ sallyport demo --keep
  $ sallyport demo --json > result.json`,
    )
    .action(wrap<["gateway" | undefined, DemoFlags]>(demo));
};

async function demo(context: Context, scenario: "gateway" | undefined, flags: DemoFlags): Promise<number> {
  const tell =
    scenario === undefined
      ? (await import("../../local/scenarios/demo.js")).runDemo
      : (await import("../../local/scenarios/gateway-demo.js")).runGatewayDemo;
  let line: Progress | undefined;
  const watcher = {
    started: (step: string, tried: string) => {
      line = context.progress(`${step}: ${tried}`);
    },
    ended: (result: StepResult) => {
      line?.done();
      context.note(stepLine(result));
    },
  };
  const keep = async ({ results, lines }: Running) => {
    context.print({ ok: passed(results), steps: results }, ({ steps }) => table(steps));
    for (const each of ["", ...lines, "", "Ctrl-C ends it."]) context.note(each);
    await aborted(context.signal);
  };
  const { ok, steps } = await tell(
    defined<ScenarioOptions>({
      root: resolve(context.cwd, flags.dir ?? ".demo"),
      watcher,
      onProgress: (text) => line?.update(text.trim()),
      signal: context.signal,
      keep: flags.keep === true ? keep : undefined,
    }),
  );
  if (flags.keep !== true || !ok) context.print({ ok, steps }, (result) => table(result.steps));
  return ok ? EXIT.ok : EXIT.failure;
}

const MARKS: Readonly<Record<StepOutcome, string>> = { ok: "ok", failed: "FAILED", "not run": "not run" };

function stepLine({ step, cameBack, verdict, seconds }: StepResult): string {
  const [first = "", ...more] = cameBack.split("\n");
  const head = `${MARKS[verdict].padEnd(7)} ${`${seconds.toFixed(1)} s`.padStart(7)}  ${step}: ${first}`;
  return [head, ...more.map((text) => `${" ".repeat(17)}${text}`)].join("\n");
}

function table(steps: readonly StepResult[]): string {
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

/** Broken at spaces; a word that is longer than a line is cut where the line ends. */
function wrapped(text: string, width: number): string {
  const pattern = new RegExp(`(.{1,${width}})(?: +|$)|(.{${width}})`, "gm");
  return text
    .split("\n")
    .map((line) => line.replace(pattern, "$1$2\n").trimEnd())
    .join("\n");
}

const passed = (steps: readonly StepResult[]) => steps.every(({ verdict }) => verdict !== "failed");

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
