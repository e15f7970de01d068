/** `sallyport connect [TYPE] --name X`: the right program for a lab machine, with everything filled in. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Argument, type Command } from "commander";
import { defined } from "../../base/defined.js";
import { EXIT, Fault, quote } from "../../base/fault.js";
import { ensurePrivateDir } from "../../base/fs/atomic.js";
import type { GatewayClient, KnownForward } from "../../client/gateway/client.js";
import type { Asked, Meant } from "../../connect/choose-forward.js";
import type { Destination, Plan } from "../../connect/destination.js";
import { PROTOCOLS, TYPES } from "../../connect/machine-types.js";
import { type GatewayFlags, portFlag, withGateway, withGatewayFlags } from "../connect/gateway.js";
import type { Context, Register } from "../context.js";
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
  const type = new Argument("[type]", "what the machine is, as in windows or centos; unmistakable beginnings do");
  // Not choices(): what is typed may be in capitals, or the beginning of one.
  type.argChoices = [...TYPES];
  const command = withGatewayFlags(program.command("connect"))
    .description("meet a machine behind a gateway: its forward is found or opened, the right program started")
    .addArgument(type)
    .argument("[args...]", "for the program, after --: a command for ssh, files for scp")
    .option("-n, --name <name>", "the machine's name")
    .option("-p, --protocol <name>", `${PROTOCOLS.join(", ")} (default: the type's own)`)
    .option("-u, --user <name>", "user on the machine")
    .option("--target-port <number>", "port of the machine (default: the protocol's)")
    .option("--conn-port <number>", "port of the gateway, where several forwards would do")
    .option("--create", "open the forward if there is none")
    .option("--address <ip>", "with --create: the machine's address, if the gateway does not know it")
    .option("--for <span>", "with --create: how long it stays, as in 8h")
    .option("--from <block...>", "with --create: addresses that may use it")
    .option("--with <program>", "the program to start: a name on PATH, or a path")
    .option("--accept-new", "take the SSH host key of a machine that was never met without asking")
    .option("--print", "print the command and start nothing");
  command
    .addHelpText(
      "after",
      `
The exit status is that of the program.

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
  const [type, ...more] = behindDashes(first === undefined ? [] : [first, ...rest], command);
  const asked = await read(type, flags);
  const user = flags.user === undefined ? undefined : checkUser(flags.user);
  const { forward, protocol, host } = await withGateway(context, flags, (client) =>
    findOrOpen(context, client, asked, flags),
  );
  const to: Destination = {
    protocol,
    name: asked.name,
    host,
    port: forward.connPort,
    user,
    knownHosts: inSshDir(context.env, "sallyport_lab_known_hosts"),
    acceptNew: flags.acceptNew === true,
  };
  const plan = await planned(context, to, more, flags);
  if (flags.print === true || context.options.json) return show(context, plan, to);
  context.note(`${asked.name} is at ${host} port ${forward.connPort}`);
  // OpenSSH does not make the directory of a file that it is told of, and would forget the host key.
  await ensurePrivateDir(dirname(to.knownHosts));
  const { runSsh: runAttached } = await import("../../client/ssh/openssh.js");
  return runAttached(plan.program, plan.args, context.env);
}

/**
 * The type, if there is one, and what stood behind `--`. Commander itself gives the type the first
 * word behind `--` where none was written.
 */
function behindDashes(words: readonly string[], command: Command): [string | undefined, ...string[]] {
  const raw = (command.parent as { readonly rawArgs?: readonly string[] } | null)?.rawArgs ?? [];
  const dashes = raw.indexOf("--");
  const behind = dashes < 0 ? 0 : Math.min(raw.length - dashes - 1, words.length);
  const before = words.slice(0, words.length - behind);
  if (before.length > 1) throw tooMany(before[1] ?? "");
  return [before[0], ...words.slice(before.length)];
}

async function read(type: string | undefined, flags: Flags): Promise<Asked> {
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

async function findOrOpen(
  context: Context,
  client: GatewayClient,
  asked: Asked,
  flags: Flags,
): Promise<{ readonly forward: KnownForward; readonly protocol: Meant["protocol"]; readonly host: string }> {
  const { chooseForward, noForward, whatIsMeant } = await import("../../connect/choose-forward.js");
  const { checkHost } = await import("../../connect/destination.js");
  const known = await client.forwards(asked.name);
  const meant = whatIsMeant(asked, known.forwards);
  const { protocol } = meant;
  const found = chooseForward(asked, meant, known.forwards);
  if (found !== undefined) {
    return { forward: found, protocol, host: checkHost(found.gatewayAddress ?? known.gatewayAddress) };
  }
  const { targetPort } = meant;
  if (flags.create !== true || targetPort === undefined) throw noForward(asked.name, protocol);
  const { addressOfNew, extrasOf, wantedForward } = await import("../../connect/open-forward.js");
  const machine = { name: asked.name, type: meant.type };
  const wanted = await wantedForward(client, machine, targetPort, flags.address, known.forwards);
  const { for: span, from } = flags;
  const extras = extrasOf({
    ...defined({ for: span }),
    ...(from && { from }),
    connPort: asked.connPort,
  });
  const connPort = await client.create(wanted, extras);
  context.note(`opened port ${connPort} to ${wanted.targetAddr}:${wanted.targetPort}`);
  const host = checkHost(await addressOfNew(client, wanted, connPort, known));
  return { forward: { ...wanted, connPort, protocol: "tcp" }, protocol, host };
}

async function planned(context: Context, to: Destination, more: readonly string[], flags: Flags): Promise<Plan> {
  const { planFor } = await import("../../connect/plan.js");
  const { findOnPath } = await import("../../connect/find.js");
  const { config } = await context.config();
  return planFor(to, more, {
    with: flags.with,
    configured: config.connect,
    vlab: await vlabChoice(context.env),
    platform: process.platform,
    find: (program) => findOnPath(program, context.env),
    onlyShown: flags.print === true || context.options.json,
  });
}

async function vlabChoice(env: NodeJS.ProcessEnv) {
  const { VLAB_CONFIG_FILES, vlabPrograms } = await import("../../connect/vlab-config.js");
  for (const name of VLAB_CONFIG_FILES) {
    const text = await readFile(join(env.HOME || homedir(), ".vlab", name), "utf8").catch(() => undefined);
    if (text !== undefined) return vlabPrograms(text);
  }
  return undefined;
}

async function show(context: Context, { program, args }: Plan, to: Destination): Promise<number> {
  const { quotedCommand } = await import("../../connect/quoted.js");
  const { name, protocol, host, port } = to;
  context.print({ name, protocol, host, port, program, args }, () => quotedCommand([program, ...args]));
  return 0;
}

const tooMany = (word: string) =>
  new Fault("connect/too-many", `${quote(word)} is one word too many`, {
    hint: `what is for the program goes behind "--"`,
    exit: EXIT.usage,
  });
