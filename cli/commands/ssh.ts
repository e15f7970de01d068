/** `sallyport ssh HOST [CMD]` and `sallyport ssh-config`. */

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
import { sshWords } from "../ssh-words.js";

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
    .description("open an SSH session or run a command, with the right key, user and host keys")
    .argument("<host>", "a deployed host or an address")
    .argument("[command...]", "options of ssh such as -L, and a command to run there")
    .option("--user <name>", "user to log in as (default: the image's own)")
    .option("--ssh-port <number>", "port of the SSH server", "22")
    .addHelpText(
      "after",
      `
Fetches the host's SSH keys over verified HTTPS; trusts none on first use. Exits with the status of the
command. The options above stand before the host; everything behind it belongs to ssh.

Examples:
  $ sallyport ssh accelerator-1
  $ sallyport ssh accelerator-1 uname -a
  $ sallyport ssh accelerator-1 -L 8888:localhost:8888
  $ sallyport ssh --user ec2-user --cert ~/team.crt 203.0.113.7`,
    )
    .action(wrap<[string, string[], SshFlags]>(ssh));
  withHostFlags(program.command("ssh-config"))
    .description(`make plain "ssh NAME" reach the deployed hosts: adds one file, and one Include line in ~/.ssh/config`)
    .option("--print", "print the blocks without changing any file")
    .option("--remove", "remove the blocks")
    .option("--file <path>", "ssh configuration to include from (default: $SALLYPORT_SSH_CONFIG or ~/.ssh/config)")
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

async function ssh(context: Context, text: string, behind: string[], flags: SshFlags): Promise<number> {
  const { options: sshOptions, command } = sshWords(behind);
  const target = await resolveHost(context, text, flags);
  const identity = await identityOf(context);
  const { keys, stale } = await hostKeysOf(context, target);
  if (stale !== undefined) context.warn(`${stale.message}; using the SSH host keys of an earlier fetch`);
  const username = userName(flags.user ?? target.sshUser);
  const port = Number(flags.sshPort);
  const { closedDoors, findSsh, runSsh, sshArguments } = await import("../../client/ssh/openssh.js");
  const program = findSsh(context.env);
  if (program === undefined) {
    if (sshOptions.length > 0) throw noSsh(sshOptions);
    context.note("there is no ssh on PATH; using the built-in client");
    const { runBuiltIn } = await import("../../client/ssh/run-built-in.js");
    const { address: host } = target;
    return runBuiltIn({
      host,
      port,
      username,
      identity,
      hostKeys: keys,
      command,
      signal: context.signal,
      env: context.env,
    });
  }
  const { keyHint } = await import("../../client/ssh/agent-key.js");
  const hint = await keyHint(identity, context.env);
  if (hint !== undefined) context.note(hint);
  const knownHosts = knownHostsFile(context.env);
  const { hostKeyAlias, address } = target;
  const options = {
    host: address,
    port,
    username,
    identity,
    knownHosts,
    hostKeyAlias,
    doors: await closedDoors(program),
  };
  return runSsh(program, sshArguments(options, command, sshOptions), context.env);
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
  const { names, renamed } = await installSshConfig(files, projectDir, hosts);
  for (const { name, takenBy, as } of renamed) {
    context.warn(`${takenBy} has a host ${quote(name)} already: this project's is ${quote(as)}`);
  }
  context.print({ hosts: names, ...files }, () => names.map((name) => `ssh ${name}`).join("\n"));
}

async function configHosts(context: Context, flags: ConfigFlags, fetchKeys: boolean): Promise<SshConfigHost[]> {
  const { readDeployed } = await import("../../stacks/lifecycle/deployed.js");
  const { hosts } = await readDeployed(await context.config(), context.signal);
  const identity = await identityOf(context);
  const { closedDoors, findSsh } = await import("../../client/ssh/openssh.js");
  const doors = await closedDoors(findSsh(context.env));
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
        doors,
      };
    }),
  );
}

/** A host that is off gets its block as well; `ssh` refuses it until its keys are fetched. */
async function fetchOrWarn(context: Context, target: HostTarget): Promise<void> {
  try {
    await hostKeysOf(context, target);
  } catch (error) {
    if (!(error instanceof Fault) || context.signal.aborted) throw error;
    context.warn(`cannot fetch the SSH host keys of ${target.name}: ${error.message}`);
  }
}

async function hostKeysOf(context: Context, target: HostTarget) {
  const { fetchHostKeys } = await import("../../client/agent/host-keys.js");
  const client = await connectTo(target, context);
  const file = knownHostsFile(context.env);
  return fetchHostKeys({ client, file, alias: target.hostKeyAlias }).finally(() => client.close());
}

async function identityOf(context: Context): Promise<string> {
  const { loginIdentity } = await import("../../certs/login-key.js");
  const { config } = await context.config();
  return loginIdentity(config.key_pair, inSshDir(context.env, ""));
}

const noSsh = (options: readonly string[]) =>
  new Fault("cli/no-ssh", `there is no ssh on PATH, and the built-in client has no ${options[0]}`, {
    hint: "install OpenSSH, or leave its options out",
  });

function userName(name: string): string {
  if (/^[a-z_][a-z0-9_.-]*\$?$/i.test(name)) return name;
  throw new Fault("cli/bad-user", `${quote(name)} is not a user name`, { exit: EXIT.usage });
}
