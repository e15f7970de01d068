/** `sallyport doctor`: what is present, what is missing, and how to fix it. */
import { EXIT } from "../../../base/fault.js";
import type { Context, Register } from "../../context.js";

export const register: Register = (program, wrap) => {
  program
    .command("doctor")
    .description("check this machine for everything the kit needs, and print how to fix what is missing")
    .addHelpText(
      "after",
      `
Where there are AWS credentials, it asks AWS what plan and up ask first: account, network, instance type, quota, price.
Exits with status 1 if something that every command needs is missing or broken.

Examples:
  $ sallyport doctor
  $ sallyport doctor --json`,
    )
    .action(wrap(doctor));
};

async function doctor(context: Context): Promise<number> {
  const { checkMachine, isHealthy, rowsText } = await import("../../../local/doctor/checks.js");
  const { green, yellow, red } = context.paint;
  const colours = { ok: green, optional: yellow, missing: red, problem: red };
  const rows = await checkMachine(context.env, () => context.config(), context.signal);
  const healthy = isHealthy(rows);
  context.print({ healthy, checks: rows }, () => rowsText(rows, (state, text) => colours[state](text)));
  return healthy ? EXIT.ok : EXIT.failure;
}
