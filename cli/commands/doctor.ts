/** `sallyport doctor`: what is there, what is missing, how to mend it. */

import type { Row } from "../../local/doctor/row.js";
import type { Context, Register } from "../context.js";
import type { Paint } from "../paint.js";

export const register: Register = (program, wrap) => {
  program
    .command("doctor")
    .description("look whether everything the kit needs is there, and say how to mend what is not")
    .addHelpText(
      "after",
      `
Ends with status 1 if something is missing or broken without which nothing works.

Examples:
  $ sallyport doctor
  $ sallyport doctor --json`,
    )
    .action(wrap(doctor));
};

async function doctor(context: Context): Promise<number> {
  const { programRows } = await import("../../local/doctor/programs.js");
  const { machineRows } = await import("../../local/doctor/machine.js");
  const rows = [
    ...(await programRows(context.env)),
    ...(await machineRows(context.env)),
    ...(await configRows(context)),
  ];
  const healthy = rows.every(({ state }) => state === "ok" || state === "optional");
  context.print({ healthy, checks: rows }, () => table(rows, context.paint));
  return healthy ? 0 : 1;
}

async function configRows(context: Context): Promise<Row[]> {
  const { ok, rowOf } = await import("../../local/doctor/row.js");
  const { homeOf } = await import("../../config/files.js");
  const { secretRows } = await import("../../local/doctor/secrets.js");
  const rows: Row[] = [];
  const first = await rowOf("configuration", async () => {
    const { config, projectFile } = await context.config();
    rows.push(...(await secretRows(config, homeOf(context.env))));
    return ok("configuration", projectFile ?? "no sallyport.yaml; defaults hold");
  });
  return [first, ...rows];
}

function table(rows: readonly Row[], paint: Paint): string {
  const colours = { ok: paint.green, optional: paint.yellow, missing: paint.red, problem: paint.red };
  const width = Math.max(...rows.map(({ check }) => check.length));
  return rows
    .flatMap(({ check, state, found, mend }) => [
      `${colours[state](state.padEnd(8))}  ${check.padEnd(width)}  ${found}`,
      ...(mend === undefined
        ? []
        : [`${" ".repeat(width + 12)}${mend.replaceAll("\n", `\n${" ".repeat(width + 12)}`)}`]),
    ])
    .join("\n");
}
