/** One run of the command: arguments and stdin in, text on two streams and an exit status out. */
import type { Readable } from "node:stream";
import { CommanderError } from "commander";
import { defined } from "../base/defined.js";
import { EXIT } from "../base/fault.js";
import type { ConfigKey, LoadedConfig } from "../config/load.js";
import type { ConfigFlags, Context, GlobalOptions, Handler, Wrap } from "./context.js";
import { buildProgram } from "./program.js";
import { reportJson, reportText, toReport } from "./report.js";
import { settleSshWords } from "./ssh-words.js";
import { type OutputStream, Terminal } from "./terminal/terminal.js";

/** The parts of the process that a run may use. */
export interface ProcessEnvironment {
  readonly stdin: Readable;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** @param args without the names of node and of the script. */
export async function runCli(typed: readonly string[], around: ProcessEnvironment): Promise<number> {
  let status: number = EXIT.ok;
  const wrap: Wrap =
    <A extends unknown[]>(handler: Handler<A>) =>
    async (...given: unknown[]) => {
      const { config, set } = program.opts<{ config?: string; set?: string[] }>();
      const options = { ...flags, ...defined({ config, set }) };
      status = (await handler(createContext(options, terminal, around), ...(given as A))) ?? EXIT.ok;
    };
  const program = buildProgram(wrap, {
    writeOut: (text) => terminal.out(text.trimEnd()),
    writeErr: (text) => terminal.note(text.trimEnd()),
    getOutHasColors: () => terminal.paint.isColorSupported,
    getErrHasColors: () => terminal.paintErrors.isColorSupported,
  });
  const args = settleSshWords(program, typed);
  const flags = globalFlags(args);
  const terminal = new Terminal({
    stdout: around.stdout,
    stderr: around.stderr,
    env: around.env,
    colour: !flags.noColour,
    progress: !flags.quiet && !flags.json,
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    return failed(error, flags, terminal, around.signal);
  } finally {
    terminal.clear();
  }
}

/** Read before commander parses, because its own errors follow them too. */
function globalFlags(args: readonly string[]) {
  const dashes = args.indexOf("--");
  const before = dashes < 0 ? args : args.slice(0, dashes);
  return {
    json: before.includes("--json"),
    quiet: before.includes("--quiet"),
    debug: before.includes("--debug"),
    noColour: before.includes("--no-color"),
  };
}

function createContext(options: GlobalOptions, terminal: Terminal, around: ProcessEnvironment): Context {
  const { cwd, env, signal, stdin } = around;
  // With --json, programs read stderr too: one JSON document a line, and nothing else.
  const warn = (line: string) =>
    terminal.note(
      options.json ? JSON.stringify({ warning: line }) : `${terminal.paintErrors.yellow("warning:")} ${line}`,
    );
  let loaded: Promise<LoadedConfig> | undefined;
  return {
    options,
    cwd,
    env,
    signal,
    stdin,
    paint: terminal.paint,
    paintNotes: terminal.paintErrors,
    out: (line) => terminal.out(line),
    note: (line) => {
      if (!options.quiet && !options.json) terminal.note(line);
    },
    warn,
    print: (value, text) => terminal.out(options.json ? JSON.stringify(value, null, 2) : text(value)),
    progress: (label, totalBytes) => terminal.progress(label, totalBytes),
    config: (flags) => {
      loaded ??= load(options, around, flags, warn);
      return loaded;
    },
  };
}

async function load(
  options: GlobalOptions,
  { cwd, env }: ProcessEnvironment,
  flags: ConfigFlags | undefined,
  warn: (line: string) => void,
): Promise<LoadedConfig> {
  // Loading the schema and its checker takes a moment, and help and completion need neither.
  const { loadConfig } = await import("../config/load.js");
  const each = <T>(part: (flag: NonNullable<ConfigFlags[ConfigKey]>) => T) =>
    Object.fromEntries(Object.entries(flags ?? {}).map(([key, flag]) => [key, part(flag)]));
  const loaded = await loadConfig(
    defined({
      cwd,
      env,
      file: options.config,
      set: options.set,
      flags: each(({ value }) => value),
      flagNames: each(({ flag }) => flag),
    }),
  );
  for (const warning of loaded.warnings) warn(warning);
  return loaded;
}

function failed(
  error: unknown,
  flags: { json: boolean; debug: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): number {
  // Commander throws after printing help or the version.
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  if (error instanceof CommanderError && error.code === "commander.help") return EXIT.usage;
  const own = toReport(error);
  // An interruption makes calls fail with errors that explain nothing, so only interruption faults are shown.
  const explains = !signal.aborted || own.exit === EXIT.interrupted || flags.debug;
  const report = explains ? own : { ...own, code: "cli/interrupted", message: "interrupted", hint: undefined };
  terminal.clear();
  terminal.note(flags.json ? reportJson(report, flags.debug) : reportText(report, terminal.paintErrors, flags.debug));
  return signal.aborted ? EXIT.interrupted : report.exit;
}
