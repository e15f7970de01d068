/**
 * Logins and logouts: transactions over the tools' own configuration files.
 *
 * The state is written before any file. It records each file as it was before the login and as the login will write it.
 * After a crash, a file is therefore the old one or the new one, and logout restores the user's content in both cases.
 * If the user has changed a file meanwhile, these changes stay: only the login's keys are restored, and of these only
 * the ones that still have the login's values.
 */
import { unlink } from "node:fs/promises";
import { type ConfigFile, checkReplaceable, readConfigFile, replaceConfigFile, resolveLink } from "./config-file.js";
import { applySettings, reading, type Setting, type Value } from "./edit/editor.js";
import { EDITORS } from "./edit/editors.js";
import { otherDefault } from "./edit/uv-index.js";
import * as errors from "./errors.js";
import { readable } from "./readable.js";
import {
  hashOf,
  type KeptFile,
  type KeptSetting,
  type Login,
  readState,
  type State,
  withState,
  writeState,
} from "./store.js";
import type { Environment } from "./tool.js";
import type { FileChange } from "./tools.js";

/** The content of a file without any of its logins. Pure. */
function baseOf(current: string | null, kept: KeptFile): string | null {
  if (current === null) return null;
  if (kept.written.includes(hashOf(current))) return kept.before;
  const text = undo(current, kept, kept.entries);
  return kept.before === null && text.trim() === "" ? null : text;
}

/** Restores the values that were there before, where the login's own are still in place. Pure. */
function undo(text: string, kept: KeptFile, entries: readonly KeptSetting[]): string {
  const editor = EDITORS[kept.format];
  let undone = text;
  // In reverse order, so that a section that the login added is empty when its last key is removed.
  for (const { path, written } of entries.toReversed()) {
    if (!written.includes(hashOf(editor.get(undone, path)))) continue;
    undone = editor.set(undone, path, kept.before === null ? undefined : editor.get(kept.before, path));
  }
  return undone;
}

interface Planned {
  readonly file: string;
  readonly text: string;
  readonly kept: KeptFile;
}

/** The file with the settings of this login, and those of the other logins in it. Pure. */
function planFile(change: FileChange, login: string, present: ConfigFile, kept: KeptFile | undefined): Planned {
  const { file, format } = change;
  const editor = EDITORS[format];
  const { text: current } = present;
  const before = kept === undefined ? current : baseOf(current, kept);
  const entries = [...change.entries, ...reading(file, () => change.depending?.(before ?? "") ?? [])];
  const ours = new Set(entries.map(({ path }) => key(path)));
  const others = (kept?.entries ?? [])
    .map((entry) => ({ ...entry, logins: entry.logins.filter((id) => id !== login) }))
    .filter(({ path, logins }) => logins.length > 0 && !ours.has(key(path)));
  const standing = others.flatMap(({ path, written }): Setting[] => {
    const value = editor.get(current ?? "", path);
    return value === undefined && written.at(-1) !== hashOf(undefined) ? [] : [{ path, value }];
  });
  if (format === "uv-index") {
    const name = entries[0]?.path[0] ?? "";
    const other = readable(() => otherDefault(before ?? "", name));
    if (other !== undefined) throw errors.otherDefault(file, other);
  }
  const text = applySettings(editor, before ?? "", [...standing, ...entries], file);
  const known = (path: readonly string[]) => kept?.entries.find((entry) => key(entry.path) === key(path));
  return {
    file,
    text,
    kept: {
      format,
      before,
      mode: kept === undefined || kept.before === null ? present.mode : kept.mode,
      written: [...still(current, kept?.written), hashOf(text)],
      entries: [
        ...others,
        ...entries.map(({ path, value }) => ({
          path,
          logins: [...(known(path)?.logins.filter((id) => id !== login) ?? []), login],
          written: [...still(editor.get(current ?? "", path), known(path)?.written), hashOf(value)],
        })),
      ],
    },
  };
}

/** The hash of the current value if a login wrote it: the value stays if the process is killed before it is replaced. */
function still(now: Value | null | undefined, written: readonly string[] = []): string[] {
  if (now === null || now === undefined) return [];
  const hash = hashOf(now);
  return written.includes(hash) ? [hash] : [];
}

/**
 * Writes the settings of a tool, and records what was there before.
 *
 * @returns the files that were written.
 * @throws Fault about a file that cannot be read, edited or replaced; then no file has changed.
 */
export function logIn(env: Environment, login: Login, changes: readonly FileChange[]): Promise<string[]> {
  return withState(env, async (dir) => {
    const state = await readState(dir);
    const planned: Planned[] = [];
    for (const change of changes) {
      const file = await resolveLink(change.file);
      const present = await readConfigFile(file);
      planned.push(reading(file, () => planFile({ ...change, file }, login.id, present, state.files[file])));
      await checkReplaceable(file);
    }
    await writeState(dir, {
      logins: { ...state.logins, [login.id]: login },
      files: { ...state.files, ...Object.fromEntries(planned.map(({ file, kept }) => [file, kept])) },
    });
    for (const { file, text } of planned) await replaceConfigFile(file, text, 0o600);
    return planned.map(({ file }) => file);
  });
}

interface Undone {
  readonly file: string;
  readonly now: ConfigFile;
  readonly mode: number | null;
  /** Null: no file. */
  readonly text: string | null;
  /** Undefined if no other login has settings in it. */
  readonly kept: KeptFile | undefined;
}

/** The file without the settings that only these logins need. Pure. */
function undoFile(file: string, now: ConfigFile, kept: KeptFile, ids: readonly string[]): Undone {
  const entries = kept.entries
    .map((entry) => ({ ...entry, logins: entry.logins.filter((id) => !ids.includes(id)) }))
    .filter(({ logins }) => logins.length > 0);
  // If the user has changed the file, the recorded content is out of date.
  const before = baseOf(now.text, kept);
  if (entries.length === 0) return { file, now, mode: kept.mode ?? 0o600, text: before, kept: undefined };
  const gone = kept.entries.filter(({ path }) => !entries.some((entry) => key(entry.path) === key(path)));
  const text = now.text === null ? null : undo(now.text, kept, gone);
  const written = text === null ? kept.written : [...kept.written.slice(-1), hashOf(text)];
  // Other logins' tokens are still in it.
  const mode = text === now.text ? now.mode : 0o600;
  return { file, now, mode, text, kept: { ...kept, before, written, entries } };
}

/**
 * Restores what was there before.
 *
 * @param ids of logins.
 * @returns the files that were written or removed.
 * @throws Fault about a file that cannot be read, edited or replaced; then no file has changed.
 */
export function logOut(env: Environment, ids: readonly string[]): Promise<string[]> {
  return withState(env, async (dir) => {
    const state = await readState(dir);
    const undone: Undone[] = [];
    for (const [file, kept] of Object.entries(state.files)) {
      if (!kept.entries.some(({ logins }) => logins.some((id) => ids.includes(id)))) continue;
      const now = await readConfigFile(file);
      undone.push(reading(file, () => undoFile(file, now, kept, ids)));
      await checkReplaceable(file);
    }
    const files: Record<string, KeptFile> = { ...state.files };
    const touched: string[] = [];
    for (const each of undone) {
      const { file, kept } = each;
      if (kept === undefined) delete files[file];
      else files[file] = kept;
      // What a login that stays has written is known before it is written.
      if (kept !== undefined) await writeState(dir, { ...state, files });
      if (await restore(each)) touched.push(file);
    }
    const logins = Object.fromEntries(Object.entries(state.logins).filter(([id]) => !ids.includes(id)));
    await writeState(dir, { logins, files });
    return touched;
  });
}

/** Whether the files still have all settings of a login. */
export async function holds(state: State, login: string): Promise<"whole" | "changed"> {
  for (const [file, kept] of Object.entries(state.files)) {
    const entries = kept.entries.filter(({ logins }) => logins.includes(login));
    if (entries.length === 0) continue;
    const { text } = await readConfigFile(file).catch(() => ({ text: null }));
    const editor = EDITORS[kept.format];
    const there = (entry: KeptSetting) =>
      readable(() => hashOf(editor.get(text ?? "", entry.path))) === entry.written.at(-1);
    if (!entries.every(there)) return "changed";
  }
  return "whole";
}

/** @returns whether anything had to be changed. */
async function restore({ file, now, mode, text }: Undone): Promise<boolean> {
  if (text === now.text && (text === null || mode === now.mode)) return false;
  if (text === null) await unlink(file);
  else await replaceConfigFile(file, text, mode ?? 0o600);
  return true;
}

const key = (path: readonly string[]) => path.join("\0");
