/**
 * The state of all logins: what they changed, so that `logout` can restore it. The file is private, since the old
 * contents in it may hold passwords. It has hashes of our tokens, never a token.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { errno } from "../../base/fault.js";
import { ensurePrivateDir, replaceFile } from "../../base/fs/atomic.js";
import { withLock } from "../../base/fs/lock.js";
import { homeOf } from "../../base/home.js";
import type { KeyPath, Value } from "./edit/editor.js";
import type { EditorName } from "./edit/editors.js";
import * as errors from "./errors.js";
import type { RepositoryRef } from "./repository-ref.js";
import type { Environment, LoginTool } from "./tool.js";

export interface Login {
  /** The tool, and the scope if it has one: `npm`, `npm:@acme`. */
  readonly id: string;
  readonly tool: LoginTool;
  readonly scope?: string;
  /** The repository's name in the tool's configuration. */
  readonly name: string;
  readonly target: RepositoryRef;
  readonly profile?: string;
  /** As requested. @default chosen by AWS */
  readonly lifetimeSeconds?: number;
  /** URL of the packages. */
  readonly endpoint: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface KeptSetting {
  readonly path: KeyPath;
  /** Ids of the logins that need it. */
  readonly logins: readonly string[];
  /** Hashes of the written values: the last is the current one, an earlier one may still be in the file. */
  readonly written: readonly string[];
}

export interface KeptFile {
  readonly format: EditorName;
  /** The content without any login; null if there was no file. */
  readonly before: string | null;
  readonly mode: number | null;
  /** SHA-256 of the whole text, likewise. */
  readonly written: readonly string[];
  readonly entries: readonly KeptSetting[];
}

export interface State {
  readonly logins: Readonly<Record<string, Login>>;
  /** By absolute path. */
  readonly files: Readonly<Record<string, KeptFile>>;
}

const EMPTY: State = { logins: {}, files: {} };

/** `~/.local/state/sallyport/mirror`, which is 0700. */
export function stateDir(env: Environment): string {
  const xdg = env.XDG_STATE_HOME;
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homeOf(env), ".local", "state");
  return join(base, "sallyport", "mirror");
}

const stateFile = (dir: string) => join(dir, "logins.json");

/** @throws Fault `mirror/state-garbage` */
export async function readState(dir: string): Promise<State> {
  const file = stateFile(dir);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return EMPTY;
  try {
    const { version, logins, files } = JSON.parse(text) as { version?: unknown } & State;
    if (version === 1 && typeof logins === "object" && typeof files === "object") return { logins, files };
  } catch {
    // Reported below.
  }
  throw errors.stateGarbage(file);
}

export async function writeState(dir: string, state: State): Promise<void> {
  await replaceFile(stateFile(dir), `${JSON.stringify({ version: 1, ...state }, null, 2)}\n`, 0o600);
}

const WAIT_MS = 10_000;

/**
 * Runs `work` while no other command changes the state.
 *
 * @throws Fault `mirror/busy` after ten seconds
 */
export async function withState<T>(env: Environment, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = stateDir(env);
  await ensurePrivateDir(dir);
  return withLock(join(dir, "lock"), () => work(dir), { waitMs: WAIT_MS, held: errors.busy });
}

/** SHA-256, or a word for a key that is not there. */
export const hashOf = (value: Value | null | undefined) =>
  value === undefined ? ABSENT : createHash("sha256").update(String(value)).digest("hex");

const ABSENT = "absent";
