/** The command line that the daemons share: commands, the settings file, signals and the texts of failures. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { EXIT, Fault, quote } from "../../base/fault.js";

export interface DaemonOptions {
  /** The room, as in the names of its faults and its bundle: "agent" is `agent.mjs`. */
  readonly room: string;
  readonly version: string;
  /** The default of `--config`. */
  readonly defaultConfig: string;
  /** By name; each gets the values of all options. */
  readonly commands: Readonly<Record<string, DaemonCommand>>;
  /** Besides --config, --version and --help. */
  readonly options?: NonNullable<ParseArgsConfig["options"]>;
}

export interface DaemonCommand {
  /** Its options in the usage text. */
  readonly synopsis: string;
  /** @param refuse makes the fault for a missing or wrong option. */
  run(values: DaemonValues, refuse: (reason: string) => Fault): Promise<void>;
}

type DaemonValues = Readonly<Record<string, unknown>> & { readonly config: string };

/** Runs the command in argv and exits: 0 on success, otherwise the fault's own status, with its two lines on stderr. */
export function runDaemon(options: DaemonOptions): void {
  command(options, process.argv.slice(2)).then(
    () => process.exit(EXIT.ok),
    (error: unknown) => {
      const fault = error instanceof Fault ? error : new Fault(`${options.room}/failed`, text(error));
      console.error(`error: ${fault.message}`);
      if (fault.hint !== undefined) console.error(`  ${fault.hint}`);
      process.exit(fault.exit);
    },
  );
}

/** Resolves with the name of the signal that asks the process to end. */
export function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    // Not once(): while a child runs, execa listens as well, and ends the process if it is the only listener left.
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, resolve);
  });
}

/** Calls `reload` at each SIGHUP. Its errors go to `failed`, and the daemon continues unchanged. */
export function onHangup(reload: () => Promise<void>, failed: (cause: string) => void): void {
  process.on("SIGHUP", () => {
    reload().catch((error: unknown) => failed(text(error)));
  });
}

async function command(options: DaemonOptions, args: readonly string[]): Promise<void> {
  const { room, commands } = options;
  const usage = (code: string, message: string, hint: string) =>
    new Fault(`${room}/${code}`, message, { exit: EXIT.usage, hint });
  const badArguments = (reason: string) => usage("bad-arguments", reason, synopses(options).join(", or "));
  const { values, positionals } = parse(options, args, badArguments);
  const [name, ...more] = positionals;
  if (values.version === true) return console.log(options.version);
  if (values.help === true) return console.log(usageText(options));
  if (name === undefined) throw badArguments("no command was given");
  if (more.length > 0) throw badArguments(`"${more.join(" ")}" is too much`);
  const chosen = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (chosen === undefined) {
    throw usage("unknown-command", `there is no command ${quote(name)}`, `write ${eitherOf(Object.keys(commands))}`);
  }
  return chosen.run(values as DaemonValues, badArguments);
}

function parse(options: DaemonOptions, args: readonly string[], refuse: (reason: string) => Fault) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...options.options,
        config: { type: "string", default: options.defaultConfig },
        version: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw refuse(text(error).split(". ", 1)[0] ?? "");
  }
}

const synopses = ({ room, commands }: DaemonOptions) =>
  Object.entries(commands).map(([name, { synopsis }]) => `${room}.mjs ${name} ${synopsis}`);

const usageText = (options: DaemonOptions) =>
  `usage: ${[...synopses(options), `${options.room}.mjs --version`].join("\n       ")}`;

/** `"a", "b" or "c"` */
function eitherOf(names: readonly string[]): string {
  const quoted = names.map(quote);
  return [quoted.slice(0, -1).join(", "), ...quoted.slice(-1)].filter((part) => part !== "").join(" or ");
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
