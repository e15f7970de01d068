/** What every command is handed: where to print, what was asked for globally, and the configuration. */
import type { Command } from "commander";
import type { ConfigKey, LoadedConfig } from "../config/load.js";
import type { Paint } from "./paint.js";

/** Values of a command's own flags, as typed; undefined ones are skipped. */
export type ConfigFlags = Partial<Record<ConfigKey, unknown>>;

export interface GlobalOptions {
  /** One JSON document on stdout instead of text. */
  readonly json: boolean;
  /** No progress and no notes on stderr. */
  readonly quiet: boolean;
  /** Stack traces and causes with errors. */
  readonly debug: boolean;
  /** Path of the project file; found by walking up from `cwd` otherwise. */
  readonly config?: string;
}

export interface Context {
  readonly options: GlobalOptions;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by SIGINT, SIGTERM and SIGHUP; a second SIGINT ends the process at once. */
  readonly signal: AbortSignal;
  /** Colours for stdout; plain text where it shall have none. */
  readonly paint: Paint;
  /** A line of data, to stdout. Nothing else goes there. */
  out(line: string): void;
  /** A line for people, to stderr; silent with `--quiet` and `--json`. */
  note(line: string): void;
  /** A warning, to stderr, also with `--quiet`; a JSON document with `--json`. */
  warn(line: string): void;
  /** Prints `value` as JSON with `--json`, else what `text` makes of it. */
  print<T>(value: T, text: (value: T) => string): void;
  /** A progress line on stderr; draws nothing where stderr is no terminal, or with `--quiet` or `--json`. */
  progress(label: string, totalBytes?: number): Progress;
  /**
   * The configuration in its layers; read once, its warnings printed then. A command whose flags
   * override keys hands them over with its first call.
   */
  config(flags?: ConfigFlags): Promise<LoadedConfig>;
}

export interface Progress {
  /** Bytes done so far, or a new text for work that is not counted in bytes. */
  update(done: number | string): void;
  /** Ends the line; nothing is drawn afterwards. */
  done(outcome?: string): void;
}

/** What a command does; the returned number, if any, is the exit status. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a status has no return statement
export type Handler<A extends unknown[]> = (context: Context, ...args: A) => Promise<number | undefined | void>;

/** Turns a handler into a commander action that prints faults and sets the exit status. */
export type Wrap = <A extends unknown[]>(handler: Handler<A>) => (...args: unknown[]) => Promise<void>;

/** Each file in `cli/commands/` exports one of these and adds its commands to the program. */
export type Register = (program: Command, wrap: Wrap) => void;
