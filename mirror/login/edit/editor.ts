/**
 * Edits configuration files of other programs as text, key by key. Pure.
 *
 * Everything but the edited keys stays as it is, comments and order included. When an editor removes a key, it also
 * removes the section around it if that is empty then.
 */
import { EXIT, Fault, quote } from "../../../base/fault.js";

/** The place of a value in its format: section and key, a single key, the name of a machine … */
export type KeyPath = readonly string[];
export type Value = string | boolean;

export interface Editor {
  /** The value as the tool would read it; undefined if there is none. */
  get(text: string, path: KeyPath): Value | undefined;
  /** The text with that value; undefined removes it. Line ends stay. */
  set(text: string, path: KeyPath, value: Value | undefined): string;
}

export interface Setting {
  readonly path: KeyPath;
  /** Undefined: the key must not be there. */
  readonly value: Value | undefined;
}

/**
 * Sets all settings and reads them back, so that a form that cannot be edited is refused, never written wrong.
 *
 * @throws Fault `mirror/config-unreadable`, `mirror/config-shape`
 */
export function applySettings(editor: Editor, text: string, entries: readonly Setting[], file: string): string {
  // Whatever goes wrong after this is in the form of one setting, not in the file.
  reading(file, () => entries.map(({ path }) => editor.get(text, path)));
  let edited = text;
  for (const setting of entries) edited = applied(editor, edited, setting, file);
  const wrong = entries.find(({ path, value }) => editor.get(edited, path) !== value);
  if (wrong !== undefined) throw configShape(file, wrong.path);
  return edited;
}

function applied(editor: Editor, text: string, { path, value }: Setting, file: string): string {
  try {
    const edited = editor.set(text, path, value);
    editor.get(edited, path);
    return edited;
  } catch {
    throw configShape(file, path);
  }
}

/** @throws Fault `mirror/config-unreadable` */
export function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Fault ? error : unreadable(file, error);
  }
}

export const linesOf = (text: string): string[] => (text === "" ? [] : text.split(/(?<=\n)/));
export const eolOf = (text: string): string => (/\r\n/.test(text) ? "\r\n" : "\n");

/** The text with a line end behind its last line. @param eol of the file that the text is a part of */
export function ended(text: string, eol: string): string {
  return text === "" || text.endsWith("\n") ? text : text + eol;
}

const configShape = (file: string, path: KeyPath) =>
  new Fault(
    "mirror/config-shape",
    `${quote(file)} has ${path.filter((part) => part !== "[]").join(".")} in a form that cannot be edited`,
    {
      hint: "write it on one line, in a section or table of its own, and try again",
      exit: EXIT.conflict,
    },
  );

/** Without the parser's message, which may quote a line with a password. */
const unreadable = (file: string, error: unknown) =>
  new Fault("mirror/config-unreadable", `${quote(file)} is not in the form that its program reads`, {
    hint: `mend it first${lineOf(error)}; nothing was changed`,
    exit: EXIT.conflict,
  });

function lineOf(error: unknown): string {
  const { line, linePos } = (error ?? {}) as { line?: unknown; linePos?: readonly { line?: unknown }[] };
  const number = typeof line === "number" ? line : linePos?.[0]?.line;
  return typeof number === "number" ? ` (line ${number})` : "";
}
