/** `sallyport portmap list|add|rm|import|login|logout` and `sallyport usage`: the forwards of a gateway. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defined } from "../../base/defined.js";
import { EXIT, Fault, quote, usageFaults } from "../../base/fault.js";
import type { GatewayClient, KnownForward } from "../../client/gateway/client.js";
import type { Context, Register } from "../context.js";
import { portFlag } from "../flags.js";
import { type GatewayFlags, gatewayTrust, gatewayUrl, withGateway, withGatewayFlags } from "../gateway.js";

interface AddFlags extends GatewayFlags {
  readonly protocol?: string;
  readonly targetPort?: string;
  readonly type?: string;
  readonly address?: string;
  readonly connPort?: string;
  readonly from?: string[];
  readonly for?: string;
  readonly udp?: boolean;
}

export const register: Register = (program, wrap) => {
  const portmap = program
    .command("portmap")
    .description("manage your forwards: ports of the gateway that lead to lab machines");
  withGatewayFlags(portmap.command("list"))
    .description("list your forwards and whether their machines are alive")
    .argument("[name]", "only the forwards of this machine")
    .addHelpText("after", "\nExamples:\n  $ sallyport portmap list\n  $ sallyport portmap list win10 --json")
    .action(wrap<[string | undefined, GatewayFlags]>(list));
  withGatewayFlags(portmap.command("add"))
    .description("open a forward, unless the same one exists")
    .argument("<name>", "name of the machine")
    .option("-p, --protocol <name>", "ssh, https, rdp …: selects the machine's port (default: the type's own)")
    .option("--target-port <number>", "port of the machine, instead of a protocol")
    .option("-t, --type <name>", "type of the machine, as in windows or centos")
    .option("-a, --address <ip>", "address of the machine, if the gateway does not know it")
    .option("--conn-port <number>", "port of the gateway (default: the lowest free one)")
    .option("--udp", "UDP instead of TCP")
    .option("--from <block...>", "addresses that may use it, or anywhere (default: the gateway's, usually yours)")
    .option("--for <span>", "remove it after this time, as in 8h, or never (default: the gateway's, usually 8h)")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport portmap add win10 --type windows --address 192.168.1.20
  $ sallyport portmap add build1 --protocol ssh --for 8h --from 198.51.100.0/24
  $ sallyport portmap add build1 --target-port 8080 --conn-port 50080`,
    )
    .action(wrap<[string, AddFlags]>(add));
  withGatewayFlags(portmap.command("rm"))
    .description("close forwards and end their connections; missing ones are not an error")
    .argument("<port-or-name...>", "ports of the gateway, or machines, whose forwards are all closed")
    .addHelpText("after", "\nExamples:\n  $ sallyport portmap rm 50003\n  $ sallyport portmap rm win10")
    .action(wrap<[string[], GatewayFlags]>(remove));
  withGatewayFlags(portmap.command("import"))
    .description("import vLab's forwards from a PostgreSQL dump of its table ipam, keeping their ports")
    .argument("<file>", 'output of pg_dump, or "-" for stdin')
    .option("--owner <user>", "owner of the forwards; needs an admin's token (default: the token's user)")
    .option("--dry-run", "print the forwards in the dump without contacting the gateway")
    .addHelpText(
      "after",
      `
Examples:
  $ pg_dump --data-only --table=ipam vlab_ipam > ipam.sql
  $ sallyport portmap import ipam.sql --owner ada`,
    )
    .action(wrap<[string, GatewayFlags & { owner?: string; dryRun?: boolean }]>(importDump));
  withGatewayFlags(portmap.command("login"))
    .description("store a gateway, its certificate and your token for other commands")
    .addHelpText(
      "after",
      `
Reads the token from the file, or from stdin with "--token-file -"; never from the command line.

Example:
  $ sallyport portmap login --gateway https://gateway.example.com --cert gateway.crt --token-file token.txt`,
    )
    .action(wrap<[GatewayFlags]>(login));
  withGatewayFlags(portmap.command("logout"))
    .description("delete the stored login of a gateway")
    .addHelpText("after", "\nExample:\n  $ sallyport portmap logout")
    .action(wrap<[GatewayFlags]>(logout));
  withGatewayFlags(program.command("usage"))
    .description("show who used which forward and when, to find the unused ones")
    .argument("[name]", "only the forwards of this machine")
    .option("--since <span>", "start of the period: 90m, 24h or 7d ago, or a time", "7d")
    .addHelpText("after", "\nExamples:\n  $ sallyport usage\n  $ sallyport usage win10 --since 30d --json")
    .action(wrap<[string | undefined, GatewayFlags & { since: string }]>(usage));
};

async function list(context: Context, name: string | undefined, flags: GatewayFlags): Promise<void> {
  const { forwardsText } = await import("../../client/gateway/forwards-text.js");
  await withGateway(context, flags, async (client) => {
    const { forwards, gatewayAddress } = await client.forwards(name);
    const alive = await liveness(context, client);
    const rows = forwards.map((forward) => ({
      ...row(forward),
      ...defined({ gateway_ip: forward.gatewayAddress }),
      routable: alive[forward.name] ?? null,
    }));
    context.print({ forwards: rows, gateway_ip: gatewayAddress }, () => forwardsText(forwards, gatewayAddress, alive));
  });
}

async function add(context: Context, name: string, flags: AddFlags): Promise<void> {
  const { ensureForward } = await import("../../connect/open-forward.js");
  const { protocolNamed, typeNamed } = await import("../../connect/machine-types.js");
  const query = {
    name,
    type: flags.type === undefined ? undefined : typeNamed(flags.type),
    protocol: flags.protocol === undefined ? undefined : protocolNamed(flags.protocol),
    targetPort: portFlag(flags.targetPort, "--target-port"),
  };
  const { address, for: span, from, udp } = flags;
  const open = { address, for: span, from, udp, connPort: portFlag(flags.connPort, "--conn-port") };
  await withGateway(context, flags, async (client) => {
    const { forward, gatewayAddress, created } = await ensureForward(client, query, open);
    const { restrictionsText } = await import("../../client/gateway/forwards-text.js");
    context.print({ ...row(forward), gateway_ip: gatewayAddress, created }, () => {
      const { connPort, targetAddr, targetPort } = forward;
      const way = `${gatewayAddress} port ${connPort} leads to ${name} (${targetAddr}:${targetPort})`;
      const restrictions = restrictionsText(forward);
      return [created ? way : `${way} already`, ...(restrictions === "" ? [] : [`it ${restrictions}`])].join("\n");
    });
  });
}

async function remove(context: Context, words: readonly string[], flags: GatewayFlags): Promise<void> {
  const { removeForwards } = await import("../../connect/remove-forwards.js");
  const { removed, absent } = await withGateway(context, flags, (client) => removeForwards(client, words));
  context.print({ removed: removed.map(row), absent }, () =>
    [
      ...removed.map(({ connPort, name, targetPort }) => `removed ${connPort} (${name}, port ${targetPort})`),
      ...absent.map((word) => `there is no forward ${word}: nothing to remove`),
    ].join("\n"),
  );
}

async function importDump(
  context: Context,
  file: string,
  flags: GatewayFlags & { readonly owner?: string; readonly dryRun?: boolean },
): Promise<number> {
  const { parseIpamDump } = await import("../../connect/ipam-dump.js");
  const { importRows } = await import("../../connect/import-rows.js");
  const from = file === "-" ? "the standard input" : quote(file);
  const rows = parseIpamDump(await dumpText(context, file, from), from);
  const line = (r: (typeof rows)[number]) => `${r.connPort} to ${r.targetName} (${r.targetAddr}:${r.targetPort})`;
  if (flags.dryRun === true) {
    context.print({ rows }, () => rows.map(line).join("\n") || "the table is empty");
    return EXIT.ok;
  }
  const progress = context.progress("import");
  const imported = await withGateway(context, flags, (client) =>
    importRows(client, rows, flags.owner, (done) => progress.update(`${done} of ${rows.length}`)),
  );
  progress.done();
  const { created, kept, refused } = imported;
  if (created.length > 0) context.note("as in vLab, the new forwards admit every address and do not end");
  context.print(imported, () =>
    [
      ...created.map((each) => `+ ${line(each)}`),
      ...refused.map(({ row: each, reason }) => `! ${line(each)}: ${reason}`),
      `${created.length} created, ${kept.length} were there already, ${refused.length} refused`,
    ].join("\n"),
  );
  return refused.length === 0 ? EXIT.ok : EXIT.conflict;
}

async function login(context: Context, flags: GatewayFlags): Promise<void> {
  const { keepLogin, readTokenFile, tokenFacts, tokenIn, tokenStoreFile } = await import(
    "../../client/gateway/token-store.js"
  );
  const { tokenExpired } = await import("../../client/gateway/errors.js");
  const url = await gatewayUrl(context, flags);
  const file = flags.tokenFile ?? (await context.config()).config.gateway_token_file;
  if (file === undefined) throw tokenNeeded();
  const token =
    file === "-"
      ? tokenIn(await standardInput(context), "the standard input")
      : await readTokenFile(resolve(context.cwd, file));
  const { expiresAt, username } = tokenFacts(token);
  const until = expiresAt === undefined ? undefined : new Date(expiresAt);
  if (until !== undefined && until.getTime() <= Date.now()) throw tokenExpired(until);
  const trust = await gatewayTrust(context, flags, url);
  const cert = trust.kind === "pinned" ? trust.pem : undefined;
  await keepLogin(context.env, url, defined({ token, cert }));
  const facts = { gateway: url, user: username ?? null, expires_at: until?.toISOString() ?? null };
  context.print({ ...facts, file: tokenStoreFile(context.env) }, () =>
    [
      `kept the token${username === undefined ? "" : ` of ${username}`} for ${url}`,
      cert && "kept the gateway's certificate with it",
      until && `it expires at ${until.toISOString()}`,
    ]
      .filter((text) => text !== undefined)
      .join("\n"),
  );
}

async function logout(context: Context, flags: GatewayFlags): Promise<void> {
  const { forgetLogin } = await import("../../client/gateway/token-store.js");
  const url = await gatewayUrl(context, flags);
  const removed = await forgetLogin(context.env, url);
  context.print({ gateway: url, removed }, () =>
    removed ? `forgot the token for ${url}` : `there was no token for ${url}`,
  );
}

async function usage(
  context: Context,
  name: string | undefined,
  flags: GatewayFlags & { readonly since: string },
): Promise<void> {
  const { UsageAnswer, usageText, usedBy } = await import("../../client/gateway/usage.js");
  await withGateway(context, flags, async (client) => {
    const answer = await client.ask(`/v1/usage?since=${encodeURIComponent(flags.since)}`, UsageAnswer, "usage");
    const used = usedBy(answer.used, name);
    context.print({ since: answer.since, used }, () => usageText(used, answer.since));
  });
}

/** Not every user of vLab may ask whether machines are alive, so a refusal is only a warning. */
async function liveness(context: Context, client: GatewayClient): Promise<Record<string, boolean | null>> {
  try {
    const machines = await client.machines();
    return Object.fromEntries(Object.entries(machines).map(([name, { routable }]) => [name, routable]));
  } catch (error) {
    if (!(error instanceof Fault) || context.signal.aborted) throw error;
    context.warn(`cannot tell which machines are alive: ${error.message}`);
    return {};
  }
}

/** With the API's names. */
function row({ connPort, name, component, targetAddr, targetPort, protocol, sources, expiresAt }: KnownForward) {
  const target = { target_addr: targetAddr, target_port: targetPort };
  const restrictions = defined({ sources, expires_at: expiresAt });
  return { conn_port: connPort, name, component, ...target, protocol, ...restrictions };
}

async function dumpText(context: Context, file: string, from: string): Promise<string> {
  if (file === "-") return standardInput(context);
  return readFile(resolve(context.cwd, file), "utf8").catch((cause: unknown) => {
    throw new Fault("import/unreadable", `cannot read ${from}`, { cause });
  });
}

async function standardInput({ stdin }: Context): Promise<string> {
  let text = "";
  for await (const chunk of stdin.setEncoding("utf8")) text += String(chunk);
  return text;
}

const tokenNeeded = () =>
  usageFaults("portmap")(
    "token-needed",
    "no token is given",
    'name its file with "--token-file FILE", or pipe it in with "--token-file -"',
  );
