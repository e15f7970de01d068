/** `sallyport ssh HOST [-- CMD]` and `sallyport ssh-config`. */

import { defined } from "../../base/defined.js";
import { EXIT, Fault, quote } from "../../base/fault.js";
import type { SshConfigHost } from "../../client/ssh/ssh-config.js";
import type { Context, Register } from "../context.js";
import {
  connectTo,
  type HostFlags,
  type HostTarget,
  inSshDir,
  knownHostsFile,
  resolveHost,
  withHostFlags,
} from "../host.js";

interface SshFlags extends HostFlags {
  readonly user?: string;
  readonly sshPort?: string;
}

interface ConfigFlags extends HostFlags {
  readonly print?: boolean;
  readonly remove?: boolean;
  readonly file?: string;
}

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("ssh"))
    .description("open an SSH session, or run a command, with the right key, user and host keys")
    .argument("<host>", "a deployed host's name or an address")
    .argument("[command...]", "what to run there, after --")
    .option("--user <name>", "log in as this user (default: the image's own)")
    .option("--ssh-port <number>", "port of the SSH server", "22")
    .addHelpText(
      "after",
      `
The host's SSH keys are fetched over verified HTTPS; none is trusted on first use.
The exit status is that of the command.

Examples:
  $ sallyport ssh accelerator-1
  $ sallyport ssh accelerator-1 -- uname -a
  $ sallyport ssh 203.0.113.7 --user ec2-user --cert ~/team.crt`,
    )
    .action(wrap<[string, string[], SshFlags]>(ssh));
  withHostFlags(program.command("ssh-config"))
    .description(`let plain "ssh NAME" reach the deployed hosts: one file, and one Include line in ~/.ssh/config`)
    .option("--print", "print the blocks and change nothing")
    .option("--remove", "take them away again")
    .option("--file <path>", "the ssh configuration to include from (default: $SALLYPORT_SSH_CONFIG or ~/.ssh/config)")
    .addHelpText(
      "after",
      `
Examples:
  $ sallyport ssh-config && ssh accelerator-1
  $ sallyport ssh-config --print >> ~/.ssh/config.d/hosts
  $ sallyport ssh-config --remove`,
    )
    .action(wrap<[ConfigFlags]>(sshConfig));
};

async function ssh(context: Context, text: string, command: string[], flags: SshFlags): Promise<number> {
  const target = await resolveHost(context, text, flags);
  const identity = await identityOf(context);
  const { keys, stale } = await hostKeysOf(context, target);
  if (stale !== undefined) context.warn(`${stale.message}; using the SSH host keys that were fetched before`);
  const username = userName(flags.user ?? target.sshUser);
  const port = Number(flags.sshPort);
  const { findSsh, runSsh, sshArguments } = await import("../../client/ssh/openssh.js");
  const program = findSsh(context.env);
  if (program === undefined) {
    context.note("there is no ssh on PATH; using the built-in client");
    return builtIn(context, { target, username, port, command, identity, keys });
  }
  const knownHosts = knownHostsFile(context.env);
  const { hostKeyAlias, address } = target;
  const options = { host: address, port, username, identity, knownHosts, hostKeyAlias };
  return runSsh(program, sshArguments(options, command), context.env);
}

interface Session {
  readonly target: HostTarget;
  readonly username: string;
  readonly port: number;
  readonly command: readonly string[];
  /** What `ssh -i` takes. */
  readonly identity: string;
  readonly keys: readonly string[];
}

async function builtIn(context: Context, session: Session): Promise<number> {
  const { target, username, port, command, identity, keys } = session;
  const { SshSession } = await import("../../client/ssh/ssh-session.js");
  const opened = await SshSession.connect({
    host: target.address,
    port,
    username,
    privateKey: await readPrivateKey(identity),
    hostKeys: keys,
    signal: context.signal,
  });
  try {
    const { stdin, stdout, stderr } = process;
    if (command.length === 0) return await opened.shell({ stdin, stdout, stderr });
    const { code } = await opened.exec(command.join(" "), {
      onStdout: (chunk) => stdout.write(chunk),
      onStderr: (chunk) => stderr.write(chunk),
      stdin,
      signal: context.signal,
    });
    return code ?? EXIT.failure;
  } finally {
    // A terminal that is still being read would keep this program alive.
    process.stdin.unpipe();
    process.stdin.pause();
    opened.close();
  }
}

async function sshConfig(context: Context, flags: ConfigFlags): Promise<void> {
  const { hostBlocks, installSshConfig, openSshHome, removeSshConfig, sshConfigFiles } = await import(
    "../../client/ssh/ssh-config.js"
  );
  const { projectDir } = await context.config();
  const files = sshConfigFiles({
    ...context.env,
    ...defined({ SALLYPORT_SSH_CONFIG: flags.file }),
  });
  if (flags.remove === true) {
    await removeSshConfig(files, projectDir);
    return context.print({ removed: projectDir, ...files }, () => `removed the hosts of ${projectDir}`);
  }
  const hosts = await configHosts(context, flags, flags.print !== true);
  if (flags.print === true) {
    return context.print({ hosts }, () => hostBlocks(hosts, openSshHome()).trimEnd());
  }
  await installSshConfig(files, projectDir, hosts);
  const names = hosts.map(({ name }) => name);
  context.print({ hosts: names, ...files }, () => names.map((name) => `ssh ${name}`).join("\n"));
}

async function configHosts(context: Context, flags: ConfigFlags, fetchKeys: boolean): Promise<SshConfigHost[]> {
  const { readDeployed } = await import("../../stacks/lifecycle/deployed.js");
  const { hosts } = await readDeployed(await context.config(), context.signal);
  const identity = await identityOf(context);
  return Promise.all(
    hosts.map(async ({ name }) => {
      const target = await resolveHost(context, name, flags);
      if (fetchKeys) await fetchOrWarn(context, target);
      return {
        name,
        address: target.address,
        username: target.sshUser,
        identity,
        knownHosts: knownHostsFile(context.env),
        hostKeyAlias: target.hostKeyAlias,
      };
    }),
  );
}

/** A host that is off now is written down all the same: `ssh` refuses it until its keys are there. */
async function fetchOrWarn(context: Context, target: HostTarget): Promise<void> {
  try {
    await hostKeysOf(context, target);
  } catch (error) {
    if (!(error instanceof Fault) || context.signal.aborted) throw error;
    context.warn(`the SSH host keys of ${target.name} could not be fetched: ${error.message}`);
  }
}

async function hostKeysOf(context: Context, target: HostTarget) {
  const { fetchHostKeys } = await import("../../client/agent/host-keys.js");
  const client = await connectTo(target, context);
  try {
    return await fetchHostKeys({ client, file: knownHostsFile(context.env), alias: target.hostKeyAlias });
  } finally {
    client.close();
  }
}

async function identityOf(context: Context): Promise<string> {
  const { loginIdentity } = await import("../../certs/login-key.js");
  const { config } = await context.config();
  return loginIdentity(config.key_pair, inSshDir(context.env, ""));
}

async function readPrivateKey(identity: string): Promise<Buffer> {
  const { readFile } = await import("node:fs/promises");
  const { privateKeyNeeded } = await import("../../certs/errors.js");
  const text = await readFile(identity);
  if (/^(?:ssh|ecdsa)-/.test(text.toString("latin1", 0, 8))) throw privateKeyNeeded(identity);
  return text;
}

function userName(name: string): string {
  if (/^[a-z_][a-z0-9_.-]*\$?$/i.test(name)) return name;
  throw new Fault("cli/bad-user", `${quote(name)} is no user name`, { exit: EXIT.usage });
}
