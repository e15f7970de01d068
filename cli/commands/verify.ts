/** `sallyport verify HOST`: tests a host's promises from here. */
import { EXIT } from "../../base/fault.js";
import type { Context, Register } from "../context.js";
import { connectTo, type HostFlags, resolveHost, withHostFlags } from "../host.js";

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("verify"))
    .description("check a host from here: certificate, token, refused paths, open ports")
    .argument("<host>", "a deployed host or an address")
    .addHelpText(
      "after",
      `
Exits with status 1 if a check fails. A warning is not a failure.

Examples:
  $ sallyport verify accelerator-1
  $ sallyport verify 203.0.113.7 --cert ~/team.crt --json`,
    )
    .action(wrap<[string, HostFlags]>(verify));
};

async function verify(context: Context, text: string, flags: HostFlags): Promise<number> {
  const target = await resolveHost(context, text, flags);
  const { config } = await context.config();
  const { checksText } = await import("../../client/agent/checks-text.js");
  const { verifyHost } = await import("../../client/agent/verify-host.js");
  const client = await connectTo(target, context);
  const line = context.progress(`verify ${target.name}`);
  try {
    const checks = await verifyHost({
      client,
      hasToken: target.token !== undefined,
      openPorts: openPorts(config.allow_ports, client.transport.port),
      onCheck: ({ name }) => line.update(name),
      signal: context.signal,
    });
    line.done();
    const failed = checks.filter(({ verdict }) => verdict === "failed").length;
    context.print({ host: target.name, address: target.address, ok: failed === 0, checks }, () =>
      checksText(checks, target.name),
    );
    return failed === 0 ? EXIT.ok : EXIT.failure;
  } finally {
    line.done();
    client.close();
  }
}

/** Those of the ports open in the firewall on which the kit itself answers. */
function openPorts(allowed: readonly number[], agentPort: number): number[] {
  return [...new Set([...[22, 80, 443].filter((port) => allowed.includes(port)), agentPort])];
}
