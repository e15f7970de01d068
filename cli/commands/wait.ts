/** `sallyport wait [HOST…]`: waits until the agents of booting hosts answer. */
import { parseDuration } from "../../base/text/duration.js";
import type { Context, Register } from "../context.js";
import { type HostFlags, withHostFlags } from "../host.js";

interface WaitFlags extends HostFlags {
  readonly timeout?: string;
}

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("wait"))
    .description("wait until the agents of booting hosts answer")
    .argument("[host...]", "names, addresses or instance ids (default: all deployed hosts)")
    .option("--timeout <span>", "give up after this time (default: boot_timeout)")
    .addHelpText(
      "after",
      `
Tries all hosts every second, on the port and with the certificate that later commands use. Exits with 1
if a host does not answer in time, and at once with 4 if a host shows another certificate. A host without
an agent is ready when its SSH port answers.

Examples:
  $ sallyport up --no-wait && sallyport wait --timeout 10m
  $ sallyport wait accelerator-1 --json`,
    )
    .action(wrap<[string[], WaitFlags]>(wait));
};

async function wait(context: Context, names: string[], flags: WaitFlags): Promise<void> {
  const { bootText, checkBooted } = await import("../../client/agent/await-hosts.js");
  const { readDeployed, withoutAgent } = await import("../../stacks/lifecycle/deployed.js");
  const { awaitBoot } = await import("../boot.js");
  const loaded = await context.config();
  const timeout = parseDuration(flags.timeout ?? loaded.config.boot_timeout);
  const { hosts: deployed } = await readDeployed(loaded, context.signal).catch((error: unknown) => {
    // An address needs no deployment.
    if (names.length === 0) throw error;
    return { hosts: [] };
  });
  const hosts = await awaitBoot(context, {
    hosts: names.length > 0 ? names : deployed.map(({ name }) => name),
    sshOnly: withoutAgent(deployed),
    flags,
    timeout,
    label: "wait",
  });
  context.print({ hosts }, () => bootText(hosts));
  checkBooted(hosts, timeout);
}
