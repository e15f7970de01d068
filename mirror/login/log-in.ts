/**
 * Logging in and out, as transactions over other people's files.
 *
 * The state is written before a file is and remembers the file as it was without us and as we are
 * about to write it. So after a crash between any two lines the file is the old one or the new one,
 * and in both cases logout gives back what the user had. A file that the user has changed meanwhile
 * keeps these changes: then only our keys are put back, and of these only those that are still ours.
 */
import { lstat, mkdir, readFile, realpath, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { applySettings, type Setting, type Value } from "./edit/editor.js";
import { EDITORS } from "./edit/editors.js";
import { otherDefault } from "./edit/uv-index.js";
import * as errors from "./errors.js";
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

interface Present {
  readonly text: string | null;
  readonly mode: number | null;
}

/** Of a file with its logins: what it would be without any of them. Pure. */
export function baseOf(current: string | null, kept: KeptFile): string | null {
  if (current === null) return null;
  if (kept.written.includes(hashOf(current))) return kept.before;
  const text = undo(current, kept, kept.entries);
  return kept.before === null && text.trim() === "" ? null : text;
}

/** Our values, where they are still ours, become what was there before us. Pure. */
function undo(text: string, kept: KeptFile, entries: readonly KeptSetting[]): string {
  const editor = EDITORS[kept.format];
  let undone = text;
  // The last first, so that a section that we made is empty when its last key goes.
  for (const { path, written } of entries.toReversed()) {
    const value = editor.get(undone, path);
    if (value === undefined || !written.includes(hashOf(value))) continue;
    undone = editor.set(undone, path, kept.before === null ? undefined : editor.get(kept.before, path));
  }
  return undone;
}

interface Planned {
  readonly file: string;
  readonly text: string;
  readonly kept: KeptFile;
}

/** The file with the entries of this login, and with those of others that are in it. Pure. */
export function planFile(change: FileChange, login: string, present: Present, kept: KeptFile | undefined): Planned {
  const { file, format, entries } = change;
  const editor = EDITORS[format];
  const { text: current } = present;
  const before = kept === undefined ? current : baseOf(current, kept);
  const ours = new Set(entries.map(({ path }) => key(path)));
  const others = (kept?.entries ?? [])
    .map((entry) => ({ ...entry, logins: entry.logins.filter((id) => id !== login) }))
    .filter(({ path, logins }) => logins.length > 0 && !ours.has(key(path)));
  const standing = others.flatMap(({ path }): Setting[] => {
    const value = editor.get(current ?? "", path);
    return value === undefined ? [] : [{ path, value }];
  });
  if (format === "uv-index") {
    const name = entries[0]?.path[0] ?? "";
    const other = safely(() => otherDefault(before ?? "", name));
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

/** The hash of what is there now if we wrote it: it stays there if we are killed before the new text is. */
function still(now: Value | null | undefined, written: readonly string[] = []): string[] {
  if (now === null || now === undefined) return [];
  const hash = hashOf(now);
  return written.includes(hash) ? [hash] : [];
}

/**
 * Writes what a tool shall find, and remembers what it found before.
 *
 * @returns the files that were written.
 * @throws Fault `mirror/config-shape`, `mirror/config-unreadable`; then no file has changed.
 */
export function logIn(env: Environment, login: Login, changes: readonly FileChange[]): Promise<string[]> {
  return withState(env, async (dir) => {
    const state = await readState(dir);
    const planned: Planned[] = [];
    for (const change of changes) {
      const file = await followed(change.file);
      planned.push(planFile({ ...change, file }, login.id, await present(file), state.files[file]));
    }
    await writeState(dir, {
      logins: { ...state.logins, [login.id]: login },
      files: { ...state.files, ...Object.fromEntries(planned.map(({ file, kept }) => [file, kept])) },
    });
    for (const { file, text } of planned) await give(file, text, 0o600);
    return planned.map(({ file }) => file);
  });
}

/**
 * Gives back what was there before.
 *
 * @param ids of logins.
 * @returns the files that were written or removed.
 */
export function logOut(env: Environment, ids: readonly string[]): Promise<string[]> {
  return withState(env, async (dir) => {
    const state = await readState(dir);
    const files: Record<string, KeptFile> = { ...state.files };
    const touched: string[] = [];
    for (const [file, kept] of Object.entries(state.files)) {
      if (!kept.entries.some(({ logins }) => logins.some((id) => ids.includes(id)))) continue;
      const now = await present(file);
      const left = kept.entries
        .map((entry) => ({ ...entry, logins: entry.logins.filter((id) => !ids.includes(id)) }))
        .filter(({ logins }) => logins.length > 0);
      if (left.length === 0) {
        const base = baseOf(now.text, kept);
        if (await restore(file, now, base, kept.mode)) touched.push(file);
        delete files[file];
        continue;
      }
      const gone = kept.entries.filter(({ path }) => !left.some((entry) => key(entry.path) === key(path)));
      const text = now.text === null ? null : undo(now.text, kept, gone);
      const written = text === null ? kept.written : [...kept.written.slice(-1), hashOf(text)];
      // If the user has changed the file, its base is no longer the one that is remembered.
      const before = baseOf(now.text, kept);
      files[file] = { ...kept, before, written, entries: left };
      if (text === null || text === now.text) continue;
      await writeState(dir, { ...state, files });
      await give(file, text, 0o600);
      touched.push(file);
    }
    const logins = Object.fromEntries(Object.entries(state.logins).filter(([id]) => !ids.includes(id)));
    await writeState(dir, { logins, files });
    return touched;
  });
}

/** Whether a file still has all that a login wrote there. */
export async function holds(state: State, login: string): Promise<"whole" | "changed"> {
  for (const [file, kept] of Object.entries(state.files)) {
    const entries = kept.entries.filter(({ logins }) => logins.includes(login));
    if (entries.length === 0) continue;
    const { text } = await present(file).catch(() => ({ text: null }));
    const editor = EDITORS[kept.format];
    const there = (entry: KeptSetting) => {
      const value = safely(() => editor.get(text ?? "", entry.path));
      return value !== undefined && hashOf(value) === entry.written.at(-1);
    };
    if (!entries.every(there)) return "changed";
  }
  return "whole";
}

async function restore(file: string, now: Present, base: string | null, mode: number | null): Promise<boolean> {
  if (base === null) {
    if (now.text === null) return false;
    await unlink(file);
    return true;
  }
  const final = mode ?? 0o600;
  if (base === now.text && now.mode === final) return false;
  await give(file, base, final);
  return true;
}

async function give(file: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, text, mode);
}

async function present(file: string): Promise<Present> {
  try {
    const bytes = await readFile(file);
    const text = bytes.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(bytes)) throw errors.notText(file);
    return { text, mode: (await stat(file)).mode & 0o777 };
  } catch (error) {
    if (errno(error) === "ENOENT") return { text: null, mode: null };
    throw error;
  }
}

/** A link, into a collection of dot files say, stays one: what it points to is written. */
async function followed(file: string): Promise<string> {
  const link = await lstat(file).catch(() => undefined);
  return link?.isSymbolicLink() ? await realpath(file) : file;
}

const key = (path: readonly string[]) => path.join("\0");

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
