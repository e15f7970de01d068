/** `sallyport connect [TYPE] --name X`: starts the right program for a lab machine, with everything filled in. */
import { dirname } from "node:path";
import { Argument, type Command } from "commander";
import { EXIT, quote, usageFaults } from "../../base/fault.js";
import { homeOf } from "../../base/home.js";
import type { ForwardQuery } from "../../connect/choose-forward.js";
import type { ConnectDestination, ProgramCall } from "../../connect/destination.js";
import { PROTOCOLS, TYPES } from "../../connect/machine-types.js";
import type { Context, Register } from "../context.js";
import { portFlag } from "../flags.js";
import { type GatewayFlags, withGateway, withGatewayFlags } from "../gateway.js";
import { inSshDir } from "../host.js";

interface Flags extends GatewayFlags {
  readonly name?: string;
  readonly protocol?: string;
  readonly user?: string;
  readonly targetPort?: string;
  readonly connPort?: string;
  readonly create?: boolean;
  readonly address?: string;
  readonly for?: string;
  readonly from?: string[];
  readonly with?: string;
  readonly acceptNew?: boolean;
  readonly print?: boolean;
}

export const register: Register = (program, wrap) => {
  const type = new Argument("[type]", "type of the machine, as in windows or centos; an unambiguous prefix is enough");
  // Not choices(): capitals and prefixes are allowed.
  type.argChoices = [...TYPES];
  const command = withGatewayFlags(program.command("connect"))
    .description("connect to a machine behind a gateway: finds or opens a forward, then starts ssh, rdp, …")
    .addArgument(type)
    .argument("[args...]", "arguments of the program, after --: a command for ssh, files for scp")
    .option("-n, --name <name>", "name of the machine")
    .option("-p, --protocol <name>", `${PROTOCOLS.join(", ")} (default: the type's own)`)
    .option("-u, --user <name>", "user on the machine")
    .option("--target-port <number>", "port of the machine (default: the protocol's)")
    .option("--conn-port <number>", "port of the gateway, if several forwards match")
    .option("--create", "open the forward if there is none")
    .option("--address <ip>", "with --create: address of the machine, if the gateway does not know it")
    .option("--for <span>", "with --create: remove it after this time, as in 8h, or never (default: the gateway's)")
    .option("--from <block...>", "with --create: addresses that may use it, or anywhere (default: the gateway's)")
    .option("--with <program>", "program to start: a name on PATH, or a path")
    .option("--accept-new", "accept the SSH host key of a new machine without asking")
    .option("--print", "print the command without running it");
  command
    .addHelpText(
      "after",
      `
Exits with the status of the program.

Examples:
  $ sallyport connect windows --name win10 --protocol=RDP
  $ sallyport connect --name build1 --protocol ssh --create --for 8h -- uname -a
  $ sallyport connect --name build1 --protocol scp -- report.txt :/tmp/
  $ sallyport connect onefs --name cluster1 --print`,
    )
    .action(wrap<[string | undefined, string[], Flags, Command]>(connect));
};

async function connect(
  context: Context,
  first: string | undefined,
  rest: string[],
  flags: Flags,
  command: Command,
): Promise<number> {
  const { checkUser } = await import("../../connect/destination.js");
  const { findOrOpen } = await import("../../connect/open-forward.js");
  const [type, ...more] = splitAtDashes(first === undefined ? [] : [first, ...rest], command);
  const query = await queryOf(type, flags);
  const user = flags.user === undefined ? undefined : checkUser(flags.user);
  const { address, for: span, from } = flags;
  const open = flags.create === true ? { address, for: span, from } : undefined;
  const found = await withGateway(context, flags, (client) => findOrOpen(client, query, open));
  const { connPort: port, targetAddr, targetPort } = found.forward;
  if (found.created) {
    const { restrictionsText } = await import("../../client/gateway/forwards-text.js");
    const restrictions = restrictionsText(found.forward);
    context.note(
      `opened port ${port} to ${targetAddr}:${targetPort}${restrictions === "" ? "" : `: it ${restrictions}`}`,
    );
  }
  const to: ConnectDestination = {
    protocol: found.protocol,
    name: query.name,
    host: found.gatewayAddress,
    port,
    user,
    knownHosts: inSshDir(context.env, "sallyport_lab_known_hosts"),
    acceptNew: flags.acceptNew === true,
  };
  const call = await programFor(context, to, more, flags);
  if (flags.print === true || context.options.json) return printCall(context, call, to);
  context.note(`${to.name} is at ${to.host} port ${to.port}`);
  // OpenSSH does not create the directory of the known_hosts file, and would lose the host key.
  const { ensurePrivateDir } = await import("../../base/fs/atomic.js");
  await ensurePrivateDir(dirname(to.knownHosts));
  const { runSsh: runAttached } = await import("../../client/ssh/openssh.js");
  return runAttached(call.program, call.args, context.env);
}

/**
 * The type, if there is one, and the arguments after `--`. Without a type, commander itself would take the
 * first argument after `--` for it.
 */
function splitAtDashes(words: readonly string[], command: Command): [string | undefined, ...string[]] {
  const raw = (command.parent as { readonly rawArgs?: readonly string[] } | null)?.rawArgs ?? [];
  const dashes = raw.indexOf("--");
  const after = dashes < 0 ? 0 : Math.min(raw.length - dashes - 1, words.length);
  const before = words.slice(0, words.length - after);
  if (before.length > 1) throw tooMany(before[1] ?? "");
  return [before[0], ...words.slice(before.length)];
}

async function queryOf(type: string | undefined, flags: Flags): Promise<ForwardQuery> {
  const { nameNeeded } = await import("../../connect/choose-forward.js");
  const { protocolNamed, typeNamed } = await import("../../connect/machine-types.js");
  if (flags.name === undefined) throw nameNeeded();
  return {
    name: flags.name,
    type: type === undefined ? undefined : typeNamed(type),
    protocol: flags.protocol === undefined ? undefined : protocolNamed(flags.protocol),
    targetPort: portFlag(flags.targetPort, "--target-port"),
    connPort: portFlag(flags.connPort, "--conn-port"),
  };
}

async function programFor(
  context: Context,
  to: ConnectDestination,
  more: readonly string[],
  flags: Flags,
): Promise<ProgramCall> {
  const { chooseProgram } = await import("../../connect/choose-program.js");
  const { findOnPath } = await import("../../connect/find.js");
  const { readVlabPrograms } = await import("../../connect/vlab-config.js");
  const { env, options } = context;
  return chooseProgram(to, more, {
    with: flags.with,
    configured: (await context.config()).config.connect,
    vlab: await readVlabPrograms(homeOf(env)),
    platform: process.platform,
    find: (program) => findOnPath(program, env),
    onlyShown: flags.print === true || options.json,
  });
}

async function printCall(context: Context, { program, args }: ProgramCall, to: ConnectDestination): Promise<number> {
  const { shellWord } = await import("../../base/text/shell.js");
  const { name, protocol, host, port } = to;
  context.print({ name, protocol, host, port, program, args }, () => [program, ...args].map(shellWord).join(" "));
  return EXIT.ok;
}

const tooMany = (word: string) =>
  usageFaults("connect")(
    "too-many",
    `${quote(word)} is one argument too many`,
    'write the arguments of the program after "--"',
  );
