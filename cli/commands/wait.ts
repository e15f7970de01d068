/** `sallyport wait [HOST…]`: until the agents of hosts that boot answer. */

import { parseDuration } from "../../base/text/duration.js";
import type { Context, Register } from "../context.js";
import { type HostFlags, withHostFlags } from "../host.js";

interface WaitFlags extends HostFlags {
  readonly timeout?: string;
}

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("wait"))
    .description("wait until the agents of hosts that boot answer")
    .argument("[host...]", "names, addresses or instance ids (default: all that are deployed)")
    .option("--timeout <span>", "how long at most (default: boot_timeout)")
    .addHelpText(
      "after",
      `
Asks every second, all hosts at the same time, on the port that will be used and with the certificate
that is trusted. Ends with 1 if one does not answer in time, and at once with 4 if one shows another
certificate. A host without an agent is ready when its SSH port answers.

Examples:
  $ sallyport up --no-wait && sallyport wait --timeout 10m
  $ sallyport wait accelerator-1 --json`,
    )
    .action(wrap<[string[], WaitFlags]>(wait));
};

async function wait(context: Context, names: string[], flags: WaitFlags): Promise<void> {
  const { awaitHosts, bootText, checkBooted } = await import("../boot/await-hosts.js");
  const { readDeployed, withoutAgent } = await import("../deployed.js");
  const loaded = await context.config();
  const timeout = parseDuration(flags.timeout ?? loaded.config.boot_timeout);
  const deployed = await readDeployed(context).catch((error: unknown) => {
    // An address needs no deployment.
    if (names.length === 0) throw error;
    return undefined;
  });
  const hosts = await awaitHosts(context, {
    hosts: names.length > 0 ? names : (deployed?.hosts ?? []).map(({ name }) => name),
    sshOnly: withoutAgent(deployed?.hosts ?? []),
    flags,
    timeout,
    label: "wait",
  });
  context.print({ hosts }, () => bootText(hosts));
  checkBooted(hosts, timeout);
}
