/** `sallyport import`: converts an accelerator.conf of Apyfal into sallyport.yaml. */

import type { Context, Register } from "../context.js";

interface ImportFlags {
  readonly hostType?: string;
  readonly output: string;
}

export const register: Register = (program, wrap) => {
  program
    .command("import")
    .description("convert Apyfal's accelerator.conf into sallyport.yaml, and list what has no equivalent")
    .argument("[file]", "the accelerator.conf (default: $APYFAL_CONFIG_FILE, ./accelerator.conf or ~/accelerator.conf)")
    .option("--host-type <type>", "section to read, instead of the file's host_type: AWS")
    .option("--output <file>", "file to write, never over an existing one; - is stdout", "sallyport.yaml")
    .addHelpText(
      "after",
      `
Never writes or prints credentials. docs/tasks/moving-from-apyfal.md lists what each key becomes.

Examples:
  $ sallyport import
  $ sallyport import ~/accelerator.conf --output -      look first
  $ sallyport import --output cloud/sallyport.yaml
  $ sallyport import --json | jq '.no_equivalent[].text'`,
    )
    .action(wrap<[string | undefined, ImportFlags]>(run));
};

async function run(context: Context, file: string | undefined, flags: ImportFlags): Promise<void> {
  const { findingsText, importApyfal } = await import("../../config/apyfal/import.js");
  const { cwd, env } = context;
  const imported = await importApyfal({ cwd, env, file, ...flags });
  const findings = findingsText(imported);
  if (imported.path === null) {
    context.note(findings);
    context.print(imported, ({ yaml }) => yaml.trimEnd());
  } else {
    context.print(imported, ({ path }) => [`wrote ${path}`, findings].filter(Boolean).join("\n"));
  }
}
