/**
 * Parses the INI dialect of `accelerator.conf` as Python's `configparser` does: `=` and `:` separate key and value; `#`
 * and `;` start a comment only on a line of their own; indented lines continue the value above; keys are case-sensitive
 * and need no value; a duplicate section or key is an error; `%` has no meaning. Only the form is checked. Pure.
 */
import * as errors from "./errors.js";

export interface IniEntry {
  /** Lines joined with `\n`; undefined for a key without `=` or `:`. */
  readonly value: string | undefined;
  /** Line of the key, from 1. */
  readonly line: number;
}

interface IniSection {
  readonly line: number;
  readonly entries: ReadonlyMap<string, IniEntry>;
}

export interface IniDocument {
  /** `[DEFAULT]`: keys that all other sections inherit. */
  readonly defaults: ReadonlyMap<string, IniEntry>;
  readonly sections: ReadonlyMap<string, IniSection>;
  /** Comments: whole lines with their numbers. */
  readonly comments: readonly { readonly line: number; readonly text: string }[];
}

interface OpenEntry {
  readonly lines: string[] | undefined;
  readonly line: number;
}

const DEFAULT_SECTION = "DEFAULT";

/** @throws Fault (exit status 2) with `shownAs` and the line of the error. */
export function parseIni(text: string, shownAs: string): IniDocument {
  const defaults = new Map<string, OpenEntry>();
  const sections = new Map<string, { line: number; entries: Map<string, OpenEntry> }>();
  const comments: { line: number; text: string }[] = [];
  let section: { name: string; entries: Map<string, OpenEntry> } | undefined;
  let entry: OpenEntry | undefined;
  let indent = 0;

  for (const [index, raw] of splitLines(text).entries()) {
    const line = index + 1;
    const where = `${shownAs}:${line}`;
    const content = strip(raw);
    if (content === "") {
      entry?.lines?.push("");
      continue;
    }
    if (content.startsWith("#") || content.startsWith(";")) {
      comments.push({ line, text: content });
      continue;
    }
    const depth = raw.length - stripStart(raw).length;
    if (entry !== undefined && depth > indent) {
      if (entry.lines === undefined) throw errors.continuesNothing(where);
      entry.lines.push(content);
      continue;
    }
    indent = depth;
    const header = sectionHeader(content);
    if (header !== undefined) {
      const first = sections.get(header);
      if (first !== undefined) throw errors.duplicateSection(where, header, `${shownAs}:${first.line}`);
      const entries = header === DEFAULT_SECTION ? defaults : new Map<string, OpenEntry>();
      if (header !== DEFAULT_SECTION) sections.set(header, { line, entries });
      section = { name: header, entries };
      entry = undefined;
      continue;
    }
    if (section === undefined) throw errors.noSection(where);
    const { key, value } = parts(content);
    if (key === "") throw errors.noKey(where);
    const first = section.entries.get(key);
    if (first !== undefined) throw errors.duplicateKey(where, section.name, key, `${shownAs}:${first.line}`);
    entry = { lines: value === undefined ? undefined : [value], line };
    section.entries.set(key, entry);
  }
  return {
    defaults: closed(defaults),
    sections: new Map([...sections].map(([name, { line, entries }]) => [name, { line, entries: closed(entries) }])),
    comments,
  };
}

/** Prints the document so that {@link parseIni} reads the same sections, keys and values; comments are dropped. */
export function formatIni(document: Pick<IniDocument, "defaults" | "sections">): string {
  const all = [
    ...(document.defaults.size === 0 ? [] : [[DEFAULT_SECTION, document.defaults] as const]),
    ...[...document.sections].map(([name, { entries }]) => [name, entries] as const),
  ];
  const written = all.map(([name, entries]) =>
    [
      `[${name}]`,
      ...[...entries].map(([key, { value }]) =>
        value === undefined ? key : `${key} = ${value.replaceAll("\n", "\n\t")}`,
      ),
    ].join("\n"),
  );
  return written.map((section) => `${section}\n`).join("\n");
}

/** Python's universal newlines. */
function splitLines(text: string): string[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** `[name]`; like configparser, ignores text after the last bracket. */
function sectionHeader(content: string): string | undefined {
  const end = content.lastIndexOf("]");
  return content.startsWith("[") && end > 1 ? content.slice(1, end) : undefined;
}

function parts(content: string): { key: string; value: string | undefined } {
  const at = content.search(/[=:]/);
  if (at < 0) return { key: content, value: undefined };
  return { key: stripEnd(content.slice(0, at)), value: strip(content.slice(at + 1)) };
}

function closed(entries: ReadonlyMap<string, OpenEntry>): Map<string, IniEntry> {
  return new Map(
    [...entries].map(([key, { lines, line }]) => [
      key,
      { line, value: lines === undefined ? undefined : stripEnd(lines.join("\n")) },
    ]),
  );
}

// The characters that Python's `str.isspace` accepts. JavaScript's own set differs in seven of them.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const isSpace = new RegExp(SPACE);

function stripStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpace.test(text.charAt(start))) start++;
  return text.slice(start);
}

function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

function strip(text: string): string {
  return stripEnd(stripStart(text));
}
