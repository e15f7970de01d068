/** `sallyport firewall show`: the rules that the options make, and with `--why` the reasons. */
import type { Context, Register } from "../../context.js";
import { TABLE_OPTIONS, type TableFlags, tableOf } from "../../firewall.js";

interface ShowFlags extends TableFlags {
  readonly why?: boolean;
}

export const registerShow: Register = (parent, wrap) => {
  parent
    .command("show")
    .description("print the configured rules: protocol, port, source")
    .option("--why", "print under each rule the options that made it, their place, and their effect")
    .option(...TABLE_OPTIONS.caller)
    .option(...TABLE_OPTIONS.vpcCidr)
    .addHelpText(
      "after",
      `
Prints the rules as configured; "sallyport plan" shows what deploying them would change.

Examples:
  $ sallyport firewall show
  $ sallyport firewall show --why
  $ SALLYPORT_PROFILE=dask sallyport firewall show --json | jq '.rows[].source'`,
    )
    .action(wrap<[ShowFlags]>(show));
};

async function show(context: Context, flags: ShowFlags): Promise<void> {
  const { tableJson, tableText } = await import("../../../firewall/options/table-text.js");
  context.print(tableJson(await tableOf(context, flags)), (table) => tableText(table, { why: flags.why === true }));
}
