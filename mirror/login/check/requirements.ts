/** The packages that a `requirements.txt` installs from an index. Pure. */

import { defined } from "../../../base/defined.js";
import { EXIT, Fault, quote } from "../../../base/fault.js";
import { withoutBom } from "../../../base/text/bom.js";
import { normalizeName } from "../../pypi/names.js";
import { isLocal, withoutPassword } from "./location.js";

interface Requirement {
  /** Normalised. */
  readonly name: string;
  /** The exact version, where one is pinned. */
  readonly version?: string;
  /** Of `name @ URL`. */
  readonly url?: string;
  readonly line: number;
}

export interface RequirementsFile {
  readonly required: readonly Requirement[];
  /** The files of `-r` and `-c`, as written. */
  readonly files: readonly string[];
  /** Paths on this machine, editable or not. */
  readonly elsewhere: readonly Place[];
  /** URLs without a name, also those of `--editable` and `--find-links`. */
  readonly remote: readonly Place[];
  /** Indexes that the file adds to the login's index, or uses instead. */
  readonly indexes: readonly string[];
}

interface Place {
  readonly text: string;
  readonly line: number;
}

const NAME = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)$/;

/** What may follow a name: versions, a marker, options such as `--hash`. */
const VERSION = String.raw`(?:===?|~=|!=|<=?|>=?)\s*[^\s,;()"'=]+`;
const REST = new RegExp(String.raw`^(?:\(?\s*${VERSION}(?:\s*,\s*${VERSION})*\s*,?\s*\)?)?\s*(?:;.*|--.*)?$`);

/** Paths begin with a dot, a slash or a drive, have a slash in them, or are the name of an archive. */
const PATH =
  /^(?:\.{1,2}$|[~.]{0,2}[/\\]|[a-z]:[/\\]|[\w.-]+[/\\])|\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)(?:\[[^\]]*\])?$/i;

/** Such a path may have spaces in it; behind another, only markers and options may follow. */
const EXPLICIT_PATH = /^(?:[~.]{0,2}[/\\]|[a-z]:[/\\])/i;

/** @throws Fault `mirror/bad-line` for lines that pip would not understand either. */
export function parseRequirements(text: string, file: string): RequirementsFile {
  const required: Requirement[] = [];
  const files: string[] = [];
  const elsewhere: Place[] = [];
  const remote: Place[] = [];
  const indexes: string[] = [];
  const place = (where: string, line: number) =>
    (isLocal(where) ? elsewhere : remote).push({ text: withoutPassword(where), line });
  for (const { text: whole, line } of logicalLines(withoutBom(text))) {
    if (whole.startsWith("-")) {
      for (const { option, value } of optionsOf(whole) ?? refuse(file, line)) {
        if (option === "requirement" || option === "constraint") files.push(value);
        else if (option === "index-url" || option === "extra-index-url") indexes.push(withoutPassword(value));
        else if (option === "editable" || option === "find-links") place(value, line);
      }
      continue;
    }
    const match = NAME.exec(whole);
    const [, name = "", rest = ""] = match ?? [];
    const direct = match === null ? null : /^@\s*(\S+)/.exec(rest);
    if (direct !== null) {
      const [, url = ""] = direct;
      if (isLocal(url) && !/^file:/i.test(url)) throw badLine(file, line);
      if (isLocal(url)) elsewhere.push({ text: withoutPassword(whole), line });
      else required.push({ name: normalizeName(name), line, url: withoutPassword(url) });
      continue;
    }
    const [where = ""] = /^\S*/.exec(whole) ?? [];
    const isPath = PATH.test(where) && (EXPLICIT_PATH.test(where) || REST.test(whole.slice(where.length).trim()));
    if (/^(?:[a-z][a-z0-9+.-]+:\/\/|file:|\$\{)/i.test(whole) || isPath) {
      place(whole, line);
      continue;
    }
    if (match === null || !REST.test(rest)) throw badLine(file, line);
    const pin = /^\(?\s*===?\s*([^\s,;*)]+)\s*\)?\s*(?:;|--|$)/.exec(rest)?.[1];
    required.push(defined({ name: normalizeName(name), line, version: pin }));
  }
  return { required, files, elsewhere, remote, indexes };
}

/** The options that pip takes in a requirements file, and whether they have a value. */
const OPTIONS = {
  "index-url": true,
  "extra-index-url": true,
  "no-index": false,
  constraint: true,
  requirement: true,
  editable: true,
  "find-links": true,
  "no-binary": true,
  "only-binary": true,
  "prefer-binary": false,
  "require-hashes": false,
  pre: false,
  "trusted-host": true,
  "use-feature": true,
};
type Option = keyof typeof OPTIONS;
const NAMES = Object.keys(OPTIONS) as Option[];
const SHORT: Readonly<Record<string, Option>> = {
  i: "index-url",
  r: "requirement",
  c: "constraint",
  e: "editable",
  f: "find-links",
};

/** pip takes several on a line, long ones also by their beginning, and short ones with the value attached. @returns undefined if one is unknown. */
function optionsOf(line: string): { option: Option; value: string }[] | undefined {
  const found: { option: Option; value: string }[] = [];
  const words = (line.match(/(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? []).map((word) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'|\\(.)/g, "$1$2$3"),
  );
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!/^--?[^-]/.test(word)) return undefined;
    const [, beginning = "", attached] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const short = /^-[^-]/.test(word) ? SHORT[word.charAt(1)] : undefined;
    const candidates = NAMES.filter((name) => name.startsWith(beginning));
    const long = candidates.length === 1 ? candidates[0] : candidates.find((name) => name === beginning);
    const option = short ?? (word.startsWith("--") ? long : undefined);
    if (option === undefined) return undefined;
    if (!OPTIONS[option]) continue;
    const inWord = short === undefined ? attached : word.slice(2).replace(/^=/, "") || undefined;
    if (inWord === undefined) index++;
    found.push({ option, value: inWord ?? words[index] ?? "" });
  }
  return found;
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

function refuse(file: string, line: number): never {
  throw badLine(file, line);
}

/** Without the line, which may have a password. */
const badLine = (file: string, line: number) =>
  new Fault("mirror/bad-line", `line ${line} of ${quote(file)} is no requirement`, {
    hint: "name a requirements.txt or a lock file",
    exit: EXIT.usage,
  });
