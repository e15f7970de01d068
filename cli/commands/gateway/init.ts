/** `sallyport gateway init`: the first settings, certificate and admin of a gateway. */
import { readFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { quote, usageFaults } from "../../../base/fault.js";
import type { InitialGateway } from "../../../gateway/settings/initial.js";
import type { Context, Wrap } from "../../context.js";
import { portFlag } from "../../flags.js";

interface InitFlags {
  readonly dir?: string;
  readonly name?: string;
  readonly wan?: string;
  readonly lan?: string;
  readonly lab?: string[];
  readonly address?: string;
  readonly port?: string;
  readonly admin?: string;
  readonly clientIp?: string;
  readonly for: string;
}

export function registerInit(gateway: Command, wrap: Wrap): void {
  gateway
    .command("init")
    .description("write gateway.yaml, a certificate, a secret and the token of the first admin")
    .option("--dir <dir>", "where to write them; it also gets the database (default: the working directory)")
    .option("--name <text>", "name of the gateway (default: the host's)")
    .option("--wan <interface>", "interface towards the users (default: that of the default route)")
    .option("--lan <interface>", "interface towards the lab (default: the only other one)")
    .option("--lab <block...>", "networks of the lab (default: those of --lan)")
    .option("--address <address>", "address or DNS name that users connect to (default: that of --wan)")
    .option("--port <number>", "HTTPS port (default: 443)")
    .option("--admin <name>", "name of the first admin (default: yours)")
    .option("--client-ip <address>", "the only address that the admin comes from (default: that of your SSH client)")
    .option("--for <time>", "lifetime of the admin's token", "7d")
    .addHelpText(
      "after",
      `
Nothing that exists is overwritten.

Examples:
  $ sallyport gateway init --dir /etc/sallyport
  $ sallyport gateway init --wan eth0 --lan eth1 --lab 192.168.1.0/24 --address gateway.example.com --client-ip 198.51.100.7`,
    )
    .action(wrap<[InitFlags]>(init));
}

async function init(context: Context, flags: InitFlags): Promise<void> {
  const { initialGateway, initialYaml } = await import("../../../gateway/settings/initial.js");
  const { parseConfig } = await import("../../../gateway/settings/parse.js");
  const { parseTokenRequest } = await import("../../../gateway/auth/token-request.js");
  const { issueToken, secretIn } = await import("../../../gateway/auth/issue.js");
  const { createNew, isTaken } = await import("../../../certs/files.js");
  const { ensureCertificate } = await import("../../../certs/store.js");
  const { name = hostname(), wan, lan, lab, address } = flags;
  const port = portFlag(flags.port, "--port") ?? 443;
  const gateway = initialGateway({ name, wan, lan, lab, address, port }, await machineNetwork());
  const dir = resolve(context.cwd, flags.dir ?? ".");
  const paths = {
    dir,
    config: join(dir, "gateway.yaml"),
    cert: join(dir, "gateway.crt"),
    key: join(dir, "gateway.key"),
    secret: join(dir, "gateway.secret"),
    token: join(dir, "admin.token"),
  };
  const admin = parseTokenRequest({
    user: flags.admin ?? context.env.SUDO_USER ?? context.env.USER ?? "admin",
    issuer: gateway.url,
    scope: ["read", "forward", "admin"],
    for: flags.for,
    clientIp: flags.clientIp ?? context.env.SSH_CONNECTION?.split(" ")[0] ?? gateway.address,
  });
  const yaml = initialYaml(gateway, paths);
  parseConfig(yaml, paths.config);
  for (const file of [paths.config, paths.token]) if (await isTaken(file)) throw taken(file);

  await ensureCertificate({
    crt: paths.cert,
    key: paths.key,
    generate: true,
    names: [gateway.address],
    commonName: name.slice(0, 64),
  });
  const { secret } = await secretIn(paths.secret);
  await createNew("token", paths.token, `${await issueToken(admin, secret)}\n`, 0o600);
  // Last: with it, everything that it names is there.
  if (!(await createNew("configuration", paths.config, yaml, 0o644))) throw taken(paths.config);
  const written = { ...paths, url: gateway.url, admin: admin.user, client_ip: admin.clientIp };
  context.print({ ...written, ...interfacesOf(gateway) }, () => nextSteps(gateway, written));
}

const interfacesOf = ({ wan, lan, lab }: InitialGateway) => ({ wan, lan, lab });

async function machineNetwork() {
  const { defaultDeviceIn } = await import("../../../gateway/settings/initial.js");
  const routes = await readFile("/proc/net/route", "utf8").catch(() => "");
  return { interfaces: networkInterfaces(), defaultDevice: defaultDeviceIn(routes) };
}

function nextSteps(
  { wan, lan, lab, url }: InitialGateway,
  { config, cert, token, secret, admin, client_ip: clientIp }: Readonly<Record<string, string | undefined>>,
): string {
  return `wrote ${config}: users at ${wan}, the lab (${lab.join(", ")}) at ${lan}
the first admin is ${admin}, who comes from ${clientIp}

start it:
  sudo sallyport gateway serve --config ${config}
copy ${cert} and ${token} to your own machine, and there:
  sallyport portmap login --gateway ${url} --cert gateway.crt --token-file admin.token
  sallyport gateway open
tokens for other users:
  sallyport gateway token --user NAME --client-ip ADDRESS --key ${secret} --issuer ${url} --out NAME.token`;
}

const taken = (file: string) =>
  usageFaults("gateway")("taken", `${quote(file)} exists already`, 'name another directory with "--dir DIR"');
