/** The command line that the daemons share: commands, the settings file, signals and the texts of failures. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { EXIT, Fault, faultJson, quote } from "../../base/fault.js";

export interface DaemonOptions {
  /** The room, as in the names of its faults and its bundle: "agent" is `agent.mjs`. */
  readonly room: string;
  readonly version: string;
  /** The default of `--config`. */
  readonly defaultConfig: string;
  /** By name; each gets the values of all options. */
  readonly commands: Readonly<Record<string, DaemonCommand>>;
  /** Besides --config, --json, --version and --help. */
  readonly options?: NonNullable<ParseArgsConfig["options"]>;
}

export interface DaemonCommand {
  /** Its options in the usage text. */
  readonly synopsis: string;
  /** @param refuse makes the fault for a missing or wrong option. */
  run(values: DaemonValues, refuse: (reason: string) => Fault): Promise<void>;
}

type DaemonValues = Readonly<Record<string, unknown>> & { readonly config: string; readonly json: boolean };

/**
 * Runs the command in argv and exits: 0 on success, otherwise the fault's own status. The fault goes to stderr, in two
 * lines or, with --json, as one JSON document.
 */
export function runDaemon(options: DaemonOptions): void {
  const args = process.argv.slice(2);
  command(options, args).then(
    () => process.exit(EXIT.ok),
    (error: unknown) => {
      const fault = error instanceof Fault ? error : new Fault(`${options.room}/failed`, text(error));
      // From the words, since these may be what is wrong.
      if (args.includes("--json")) console.error(faultJson(fault));
      else console.error([`error: ${fault.message}`, fault.hint ?? []].flat().join("\n  "));
      process.exit(fault.exit);
    },
  );
}

/** The command that reads the settings file and all that it names, as `serve` does, and starts nothing. */
export function checkCommand(check: (file: string) => Promise<void>): DaemonCommand {
  return {
    synopsis: "--config FILE",
    async run({ config, json }) {
      await check(config);
      console.log(json ? JSON.stringify({ config, ok: true }) : `"${config}" is in order`);
    },
  };
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
        json: { type: "boolean", default: false },
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
