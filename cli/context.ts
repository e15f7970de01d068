/** The context of every command: where to print, the global options, and the configuration. */
import type { Readable } from "node:stream";
import type { Command } from "commander";
import type { ConfigKey, LoadedConfig } from "../config/load.js";
import type { Paint } from "./terminal/paint.js";

/** A command's own flags that override keys: the flag's name and its value, as typed. */
export type ConfigFlags = Partial<Record<ConfigKey, { readonly flag: string; readonly value: unknown }>>;

export interface GlobalOptions {
  /** One JSON document on stdout instead of text. */
  readonly json: boolean;
  /** No progress and no notes on stderr. */
  readonly quiet: boolean;
  /** Stack traces and causes with errors. */
  readonly debug: boolean;
  /** Path of the project file; found by walking up from `cwd` otherwise. */
  readonly config?: string;
  /** `key=value` of each `--set`. */
  readonly set?: readonly string[];
}

export interface Context {
  readonly options: GlobalOptions;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
  /** Aborted by SIGINT, SIGTERM and SIGHUP; a second SIGINT ends the process at once. */
  readonly signal: AbortSignal;
  /** Colours for stdout; plain text if it has none. */
  readonly paint: Paint;
  /** Colours for notes, which are on stderr. */
  readonly paintNotes: Paint;
  /** Prints a line of data to stdout. Nothing else goes there. */
  out(line: string): void;
  /** Prints a line for people to stderr; silent with `--quiet` and `--json`. */
  note(line: string): void;
  /** Prints a warning to stderr, also with `--quiet`; as a JSON document with `--json`. */
  warn(line: string): void;
  /** Prints `value` as JSON with `--json`, otherwise as `text` renders it. */
  print<T>(value: T, text: (value: T) => string): void;
  /** Draws a progress line if stderr is a terminal, except with `--quiet` or `--json`. */
  progress(label: string, totalBytes?: number): Progress;
  /**
   * The configuration with all its layers. The first call reads it and prints its warnings; a command whose
   * flags override keys passes them with that call.
   */
  config(flags?: ConfigFlags): Promise<LoadedConfig>;
}

export interface Progress {
  /** Bytes done so far, or a new text if the work is not counted in bytes. */
  update(done: number | string): void;
  /** Ends the line; later updates draw nothing. */
  done(outcome?: string): void;
}

/** Runs a command. The returned number, if any, is the exit status. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a status has no return statement
export type Handler<A extends unknown[]> = (context: Context, ...args: A) => Promise<number | undefined | void>;

/** Turns a handler into a commander action that prints faults and sets the exit status. */
export type Wrap = <A extends unknown[]>(handler: Handler<A>) => (...args: unknown[]) => Promise<void>;

/** Adds the commands of one file in `cli/commands/` to the program. */
export type Register = (program: Command, wrap: Wrap) => void;
