/** `sallyport demo`: a deployment on this machine, without an AWS account. `npm start` runs it. */
import { resolve } from "node:path";
import { Argument } from "commander";
import { untilAborted } from "../../base/async/until-aborted.js";
import { defined } from "../../base/defined.js";
import { EXIT } from "../../base/fault.js";
import type { Running, ScenarioOptions } from "../../local/scenarios/scenario.js";
import type { StepResult } from "../../local/scenarios/steps.js";
import type { LineOptions } from "../../local/scenarios/steps-text.js";
import type { Context, Progress, Register } from "../context.js";

interface DemoFlags {
  readonly keep?: boolean;
  readonly dir?: string;
}

export const register: Register = (program, wrap) => {
  program
    .command("demo")
    .description("deploy a guarded host to an AWS emulator, boot it on this machine, and try its firewall")
    .addArgument(
      new Argument("[scenario]", "gateway: a lab's gateway and its users, instead of a host").choices(["gateway"]),
    )
    .option("--keep", "keep it running until Ctrl-C, and print how to use it")
    .option("--dir <path>", "directory for everything it writes", ".demo")
    .addHelpText(
      "after",
      `
Needs no AWS account and no network. As root on Linux the host boots in namespaces behind its own
security-group rules; elsewhere its agent runs as an ordinary process, without packet filtering.
The gateway's scenario needs root on Linux and the gateway's Debian packages; elsewhere it only deploys.

Examples:
  $ sallyport demo
  $ sallyport demo gateway
  $ sallyport demo --keep
  $ sallyport demo --json > result.json`,
    )
    .action(wrap<["gateway" | undefined, DemoFlags]>(demo));
};

const COLOURS = { ok: "green", failed: "red", "not run": "yellow" } as const;

async function demo(context: Context, scenario: "gateway" | undefined, flags: DemoFlags): Promise<number> {
  const { stepLine, stepsTable } = await import("../../local/scenarios/steps-text.js");
  const runScenario =
    scenario === undefined
      ? (await import("../../local/scenarios/demo.js")).runDemo
      : (await import("../../local/scenarios/gateway-demo.js")).runGatewayDemo;
  const lines = defined<LineOptions>({
    columns: process.stderr.isTTY ? process.stderr.columns : undefined,
    paint: (mark, verdict) => context.paintNotes[COLOURS[verdict]](mark),
  });
  let line: Progress | undefined;
  const watcher = {
    started: (step: string, tried: string) => {
      line = context.progress(`${step}: ${tried}`);
    },
    ended: (result: StepResult) => {
      line?.done();
      context.note(stepLine(result, lines));
    },
  };
  const keep = async ({ results, lines }: Running) => {
    context.print({ ok: passed(results), steps: results }, ({ steps }) => stepsTable(steps));
    for (const each of ["", ...lines, "", "Ctrl-C ends it."]) context.note(each);
    await untilAborted(context.signal);
  };
  const { ok, steps } = await runScenario(
    defined<ScenarioOptions>({
      root: resolve(context.cwd, flags.dir ?? ".demo"),
      watcher,
      onProgress: (text) => line?.update(text.trim()),
      signal: context.signal,
      keep: flags.keep === true ? keep : undefined,
    }),
  );
  if (flags.keep !== true || !ok) context.print({ ok, steps }, (result) => stepsTable(result.steps));
  return ok ? EXIT.ok : EXIT.failure;
}

const passed = (steps: readonly StepResult[]) => steps.every(({ verdict }) => verdict !== "failed");
