/** The tree of commands. Registering must stay cheap: a command imports its room when it runs. */
import { createRequire } from "node:module";
import { Command, type OutputConfiguration } from "commander";
import { register as access } from "./commands/access.js";
import { register as addresses } from "./commands/addresses.js";
import { register as adopt } from "./commands/adopt.js";
import { register as connect } from "./commands/connect.js";
import { register as demo } from "./commands/demo.js";
import { register as deploy } from "./commands/deploy.js";
import { register as files } from "./commands/files.js";
import { register as firewall } from "./commands/firewall/index.js";
import { gatewayCommand } from "./commands/gateway/index.js";
import { register as importApyfal } from "./commands/import.js";
import { register as jobs } from "./commands/jobs.js";
import { register as lifecycle } from "./commands/lifecycle.js";
import { mirrorCommand } from "./commands/mirror/index.js";
import { register as portmap } from "./commands/portmap.js";
import { register as processData } from "./commands/process.js";
import { register as certs } from "./commands/setup/certs.js";
import { register as completion } from "./commands/setup/completion.js";
import { register as config } from "./commands/setup/config.js";
import { register as doctor } from "./commands/setup/doctor.js";
import { register as ssh } from "./commands/ssh.js";
import { register as synth } from "./commands/synth.js";
import { register as ui } from "./commands/ui.js";
import { register as verify } from "./commands/verify.js";
import { register as wait } from "./commands/wait.js";
import type { Register, Wrap } from "./context.js";
import { exitStatusText } from "./exit-statuses.js";
import { collect } from "./flags.js";
import { refuseOtherHelp } from "./help-target.js";
import { usageFault } from "./usage-fault.js";

const { version } = createRequire(import.meta.url)("sallyport/package.json") as { version: string };

/** The list of commands in `sallyport --help`: group → command → its line, short enough for 80 columns. */
const LIST: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Hosts: {
    up: "create the hosts, or change them to match sallyport.yaml",
    plan: "show what up would change, without changing anything",
    down: "remove the hosts and everything made for them",
    synth: "write Terraform's JSON of all configured stacks",
    adopt: "take hosts that exist into the state",
    hosts: "list the deployed hosts and their addresses",
    status: "show whether hosts run, how long idle, and what they cost",
    stop: "stop hosts as stop_mode says",
    start: "start stopped hosts and record their new addresses",
    ui: "the Hosts page: all of this in a browser",
    wait: "wait until the agents of booting hosts answer",
    ssh: "open an SSH session or run a command",
    "ssh-config": 'make plain "ssh NAME" reach the deployed hosts',
    verify: "check a host from here: certificate, token, paths, ports",
  },
  Data: {
    ls: "list the files on a host",
    get: "download a file",
    put: "upload a file",
    rm: "remove a file or an empty directory",
    process: "run data through an accelerator",
    jobs: "list, show, cancel and remove jobs",
    accelerators: "list accelerators, their load, and devices",
  },
  Access: {
    firewall: "show and explain the rules, and follow lists of addresses",
    access: "grant temporary access, with rules that carry their end",
    addresses: "publish the hosts' addresses, for the firewalls of others",
    certs: "create, show, share and check the TLS certificate",
    keys: "create and show the SSH key pair",
  },
  Lab: {
    connect: "connect to a machine behind a gateway",
    portmap: "manage your forwards through a gateway",
    usage: "show who used which forward and when",
    gateway: "set up and run a gateway, and manage its users",
  },
  Packages: {
    mirror: "use and serve packages for pip, npm and others",
  },
  Setup: {
    demo: "a guarded host on this machine, without an AWS account",
    config: "show, explain and create the configuration",
    import: "convert Apyfal's accelerator.conf into sallyport.yaml",
    doctor: "check this machine, and print how to fix what is missing",
    completion: "print a completion script for a shell",
  },
};

const examples = `
Examples:
  $ sallyport demo                            without an AWS account
  $ sallyport config init                     write a sallyport.yaml
  $ sallyport up                              create the hosts
  $ sallyport ssh accelerator-1 -- uname -a   run a command there
  $ sallyport put data.bin accelerator-1:shared/data.bin
  $ sallyport process accelerator-1 --src data.bin --dst data.out
  $ sallyport down                            remove everything again

${exitStatusText(79)}`;

/** @param output of the help texts. @default - none, for readers of the tree */
export function buildProgram(wrap: Wrap, output: OutputConfiguration = {}): Command {
  const program = new Command("sallyport")
    .description("Guarded accelerator hosts on AWS: reachable only by you, with tests that prove it.")
    .version(version)
    .option("--json", "print one JSON document on stdout instead of text")
    .option("--quiet", "print no progress and no notes on stderr")
    .option("--debug", "print stack traces and causes with errors")
    .option("--config <file>", "project file (default: sallyport.yaml here or further up)")
    .option("--set <key=value>", "a key of sallyport.yaml, for this command; repeatable", collect)
    .option("--no-color", "print no colours (also: NO_COLOR)")
    .commandsGroup("Setup:")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: bold,
      subcommandTerm: (command) => command.name(),
    })
    .addHelpText("after", examples);
  // In the order of the help.
  const registers: readonly Register[] = [
    deploy,
    synth,
    adopt,
    lifecycle,
    ui,
    wait,
    ssh,
    verify,
    files,
    processData,
    jobs,
    firewall,
    access,
    addresses,
    certs,
    connect,
    portmap,
    gatewayCommand,
    mirrorCommand,
    demo,
    config,
    importApyfal,
    doctor,
    completion,
  ];
  for (const register of registers) register(program, wrap);
  for (const command of program.commands) {
    const [group, commands] = Object.entries(LIST).find(([, lines]) => command.name() in lines) ?? [];
    if (group !== undefined) command.helpGroup(`${group}:`).summary(commands?.[command.name()] ?? "");
  }
  program.addHelpText("beforeAll", ({ command }) => {
    refuseOtherHelp(program, command);
    return "";
  });
  settle(program, { ...output, outputError: () => {} });
  return program;
}

/** Makes the whole tree throw errors instead of printing them. */
function settle(command: Command, output: OutputConfiguration): void {
  command
    .exitOverride((error) => {
      // After printing a help text or the version.
      const isPrinted = error.exitCode === 0 || error.code === "commander.help";
      throw isPrinted ? error : usageFault(error, command);
    })
    .showSuggestionAfterError(false)
    .configureOutput(output);
  for (const child of command.commands) {
    child.configureHelp({ showGlobalOptions: true, styleTitle: bold });
    settle(child, output);
  }
}

// Commander strips this for streams without colours.
const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;
