/** Converts an accelerator.conf to sallyport.yaml and lists what it could not convert. */
import { defined } from "../../base/defined.js";
import { convert, type Finding } from "./convert.js";
import { findApyfalFile } from "./find.js";
import { parseIni } from "./ini.js";
import { rebaseTo, writeNew } from "./write.js";

export interface ImportOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** @default - the place where Apyfal looks for it */
  readonly file?: string | undefined;
  /** A path, or `-` to write nothing. */
  readonly output: string;
  readonly hostType?: string | undefined;
}

export interface Imported {
  /** Null if nothing was written. */
  readonly path: string | null;
  readonly from: string;
  readonly yaml: string;
  readonly taken_out: readonly Finding[];
  readonly no_equivalent: readonly Finding[];
  readonly remarks: readonly Finding[];
}

export async function importApyfal({ cwd, env, file, output, hostType }: ImportOptions): Promise<Imported> {
  const { text, shownAs } = await findApyfalFile(defined({ cwd, env, file }));
  const rebase = output === "-" ? undefined : rebaseTo(cwd, output);
  const { yaml, takenOut, noEquivalent, remarks } = convert(
    parseIni(text, shownAs),
    defined({ shownAs, rebase, hostType }),
  );
  const path = output === "-" ? null : await writeNew(cwd, output, yaml);
  return { path, from: shownAs, yaml, taken_out: takenOut, no_equivalent: noEquivalent, remarks };
}

/** The findings as text; empty if there are none. */
export function findingsText({ from, taken_out, no_equivalent, remarks }: Imported): string {
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
