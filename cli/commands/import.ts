/** `sallyport import`: an accelerator.conf of Apyfal as sallyport.yaml, and what did not come along. */

import { defined } from "../../base/defined.js";
import type { Finding } from "../../config/apyfal/convert.js";
import type { Context, Register } from "../context.js";

interface ImportFlags {
  readonly hostType?: string;
  readonly output: string;
}

interface Imported {
  /** Null where it went to stdout. */
  readonly path: string | null;
  readonly from: string;
  readonly yaml: string;
  readonly taken_out: readonly Finding[];
  readonly no_equivalent: readonly Finding[];
  readonly remarks: readonly Finding[];
}

export const register: Register = (program, wrap) => {
  program
    .command("import")
    .description("make a sallyport.yaml of an accelerator.conf of Apyfal, and list what has no equivalent")
    .argument("[file]", "the accelerator.conf (default: $APYFAL_CONFIG_FILE, ./accelerator.conf or ~/accelerator.conf)")
    .option("--host-type <type>", "whose section to read, in place of the file's host_type: AWS")
    .option("--output <file>", "where to write, never over an existing file; - is stdout", "sallyport.yaml")
    .addHelpText(
      "after",
      `
Credentials are never written, nor shown. What every key becomes: docs/moving-from-apyfal.md.

Examples:
  $ sallyport import
  $ sallyport import ~/accelerator.conf --output -      look first
  $ sallyport import --output cloud/sallyport.yaml
  $ sallyport import --json | jq '.no_equivalent[].text'`,
    )
    .action(wrap<[string | undefined, ImportFlags]>(importApyfal));
};

async function importApyfal(context: Context, file: string | undefined, flags: ImportFlags): Promise<void> {
  const { findApyfalFile } = await import("../../config/apyfal/find.js");
  const { parseIni } = await import("../../config/apyfal/ini.js");
  const { convert } = await import("../../config/apyfal/convert.js");
  const { rebaseTo, writeNew } = await import("../../config/apyfal/write.js");
  const { cwd, env } = context;
  const found = await findApyfalFile(defined({ cwd, env, file }));
  const { shownAs } = found;
  const converted = convert(
    parseIni(found.text, shownAs),
    defined({
      shownAs,
      rebase: flags.output === "-" ? undefined : rebaseTo(cwd, flags.output),
      hostType: flags.hostType,
    }),
  );
  const path = flags.output === "-" ? null : await writeNew(cwd, flags.output, converted.yaml);
  const imported: Imported = {
    path,
    from: shownAs,
    yaml: converted.yaml,
    taken_out: converted.takenOut,
    no_equivalent: converted.noEquivalent,
    remarks: converted.remarks,
  };
  if (path === null) {
    context.note(listText(imported));
    context.print(imported, ({ yaml }) => yaml.trimEnd());
  } else {
    context.print(imported, (all) => [`wrote ${path}`, listText(all)].filter(Boolean).join("\n"));
  }
}

function listText({ from, taken_out, no_equivalent, remarks }: Imported): string {
  const part = (title: string, findings: readonly Finding[]) => {
    const lines = findings.map(({ line, section, key, text }) => {
      const what = key === undefined ? `[${section}]` : `[${section}] ${key}`;
      return `  ${from}:${line}  ${what}: ${text}`;
    });
    return lines.length === 0 ? [] : [`${title}:`, ...lines];
  };
  const parts = [part("taken out", taken_out), part("no equivalent", no_equivalent), part("worth knowing", remarks)];
  return parts.flat().join("\n");
}
