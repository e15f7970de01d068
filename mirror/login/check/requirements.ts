/** The packages that a `requirements.txt` installs from an index. Pure. */

import { defined } from "../../../base/defined.js";
import { normalizeName } from "../../pypi/names.js";

interface Requirement {
  /** Normalised. */
  readonly name: string;
  /** The exact version, where one is pinned. */
  readonly version?: string;
  readonly line: number;
}

export interface RequirementsFile {
  readonly required: readonly Requirement[];
  /** The files of `-r` and `-c`, as written. */
  readonly files: readonly string[];
  /** URLs, paths and editables: they come from no index. */
  readonly elsewhere: readonly { readonly text: string; readonly line: number }[];
  /** Indexes that the file adds to the login's index, or uses instead. */
  readonly indexes: readonly string[];
}

const NAME = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)$/;

export function parseRequirements(text: string): RequirementsFile {
  const required: Requirement[] = [];
  const files: string[] = [];
  const elsewhere: { text: string; line: number }[] = [];
  const indexes: string[] = [];
  for (const { text: whole, line } of logicalLines(text)) {
    const option =
      /^(-r|--requirement|-c|--constraint|-i|--index-url|--extra-index-url|-e|--editable|-f|--find-links)(?:[=\s]\s*|(?<=^-\w))(.+)$/.exec(
        whole,
      );
    if (option !== null) {
      const [, flag = "", value = ""] = option;
      if (/^(?:-r|--req|-c|--con)/.test(flag)) files.push(value.trim());
      else if (/^(?:-i|--index|--extra)/.test(flag)) indexes.push(withoutPassword(value.trim()));
      else elsewhere.push({ text: withoutPassword(value.trim()), line });
      continue;
    }
    if (whole.startsWith("-")) continue;
    const match = NAME.exec(whole);
    const rest = match?.[2] ?? "";
    if (
      match === null ||
      /^[@/:\\]/.test(rest) ||
      /^(?:\.|\/|[a-z+]+:\/\/)/i.test(whole) ||
      /\.(?:whl|zip|tar\.gz)$/.test(whole)
    ) {
      elsewhere.push({ text: withoutPassword(whole), line });
      continue;
    }
    const pin = /^\(?\s*===?\s*([^\s,;*)]+)\s*\)?\s*(?:;|--|$)/.exec(rest)?.[1];
    required.push(defined({ name: normalizeName(match[1] ?? ""), line, version: pin }));
  }
  return { required, files, elsewhere, indexes };
}

function* logicalLines(text: string): Generator<{ text: string; line: number }> {
  let open: { text: string; line: number } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const joined = { text: (open?.text ?? "") + raw, line: open?.line ?? index + 1 };
    if (raw.endsWith("\\") && !/^\s*#/.test(raw)) {
      open = { ...joined, text: joined.text.slice(0, -1) };
      continue;
    }
    open = undefined;
    const content = joined.text.replace(/(^|\s)#.*$/, "").trim();
    if (content !== "") yield { text: content, line: joined.line };
  }
  if (open !== undefined && open.text.trim() !== "") yield { text: open.text.trim(), line: open.line };
}

const withoutPassword = (url: string) => url.replace(/\/\/[^/@\s]*@/, "//");
