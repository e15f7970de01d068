/** Chooses the program for a machine: the one asked for, the configured one, vLab's, or the first on PATH. Pure. */
import { EXIT, Fault, quote } from "../base/fault.js";
import { type ConnectDestination, hostKeyAlias, type ProgramCall, urlOf } from "./destination.js";
import type { ConnectProtocol } from "./machine-types.js";
import { argumentsFor, programsFor, usualPrograms } from "./programs.js";

/** By protocol, a known program, or a program and its arguments with `{host}`, `{port}` … in them. */
type ConfiguredPrograms = { readonly [P in Exclude<ConnectProtocol, "mgmt">]?: readonly string[] | undefined };

export interface ProgramChoice {
  /** `--with`: a known program, by name or path. */
  readonly with?: string | undefined;
  readonly configured?: ConfiguredPrograms | undefined;
  /** Programs in vLab's own configuration, by protocol. */
  readonly vlab?: Partial<Record<ConnectProtocol, string>> | undefined;
  readonly platform: NodeJS.Platform;
  /** The path of a program on PATH, or of one that is given by its path. */
  readonly find: (program: string) => string | undefined;
  /** The command is only printed, so the program need not exist. */
  readonly onlyShown?: boolean;
}

/** @param more the arguments after `--`. */
export function chooseProgram(to: ConnectDestination, more: readonly string[], choice: ProgramChoice): ProgramCall {
  const { protocol } = to;
  const words = choice.with === undefined ? configuredWords(choice.configured, protocol) : [choice.with];
  if (words !== undefined && words.length > 1) return fromWords(words, to, more, choice);
  const [wanted] = words ?? [];
  if (wanted !== undefined) {
    const args = argumentsFor(wanted, protocol);
    if (args === undefined) throw unknownProgram(wanted, protocol);
    return { program: found(wanted, choice), args: args(to, more) };
  }
  // The programs of vLab's own configuration come first, as far as they are known and installed.
  const names = [choice.vlab?.[protocol] ?? [], usualPrograms(protocol, choice.platform)].flat();
  for (const name of names) {
    const program = choice.find(name);
    const args = argumentsFor(name, protocol);
    if (program !== undefined && args !== undefined) return { program, args: args(to, more) };
  }
  const [usual] = usualPrograms(protocol, choice.platform);
  const args = usual === undefined ? undefined : argumentsFor(usual, protocol);
  if (choice.onlyShown === true && usual !== undefined && args !== undefined)
    return { program: usual, args: args(to, more) };
  throw noProgram(protocol, names);
}

function configuredWords(
  config: ConfiguredPrograms | undefined,
  protocol: ConnectProtocol,
): readonly string[] | undefined {
  return config?.[protocol === "mgmt" ? "https" : protocol];
}

/** Fills in each word on its own, so that a value never becomes a second argument. */
function fromWords(
  words: readonly string[],
  to: ConnectDestination,
  more: readonly string[],
  choice: ProgramChoice,
): ProgramCall {
  const values: Readonly<Record<string, string>> = {
    host: to.host,
    port: String(to.port),
    user: to.user ?? "",
    name: hostKeyAlias(to.name),
    url: urlOf(to.protocol === "mgmt" ? "https" : to.protocol === "console" ? "vnc" : to.protocol, to),
    known_hosts: to.knownHosts,
  };
  const [program = "", ...args] = words.map((word, index) =>
    // The program itself takes no values: they come from a server.
    index === 0 ? word : word.replace(/\{(\w+)\}/g, (written, key: string) => fill(written, key, values, to)),
  );
  return { program: found(program, choice), args: [...args, ...more] };
}

function fill(written: string, key: string, values: Readonly<Record<string, string>>, to: ConnectDestination): string {
  if (!Object.hasOwn(values, key)) return written;
  if (key === "user" && to.user === undefined) throw userNeeded(to.protocol);
  return values[key] ?? "";
}

function found(program: string, { find, onlyShown }: ProgramChoice): string {
  const path = find(program) ?? (onlyShown === true ? program : undefined);
  if (path !== undefined) return path;
  throw new Fault("connect/program-missing", `there is no program ${quote(program)}`, {
    hint: "install it, or give its path",
    exit: EXIT.notFound,
  });
}

const userNeeded = (protocol: ConnectProtocol) =>
  new Fault("connect/user-needed", `connect.${protocol} has {user} in it, but no user was given`, {
    hint: `add "--user NAME"`,
    exit: EXIT.usage,
  });

const unknownProgram = (program: string, protocol: ConnectProtocol) =>
  new Fault("connect/unknown-program", `${quote(program)} is not a known program for ${protocol}`, {
    hint: [
      `the known ones are ${programsFor(protocol).join(", ")}`,
      `or write its arguments in sallyport.yaml: connect: { ${protocol}: [${program}, "{host}:{port}"] }`,
    ].join("\n"),
    exit: EXIT.usage,
  });

const noProgram = (protocol: ConnectProtocol, names: readonly string[]) =>
  new Fault("connect/no-program", `there is no program for ${protocol} on PATH: ${names.join(", ")}`, {
    hint: `install one, name another with "--with PROGRAM", or see the address with "--print"`,
    exit: EXIT.notFound,
  });
