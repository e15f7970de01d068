/** `sallyport verify HOST`: what a host promises, tried from here. */
import { EXIT } from "../../base/fault.js";
import type { Check, Verdict } from "../../client/agent/verify-host.js";
import type { Context, Register } from "../context.js";
import { connectTo, type HostFlags, resolveHost, withHostFlags } from "../host.js";

export const register: Register = (program, wrap) => {
  withHostFlags(program.command("verify"))
    .description("check a host from here: certificate, token, refused paths, open ports")
    .argument("<host>", "a deployed host's name or an address")
    .addHelpText(
      "after",
      `
Exits with 1 if a check fails; a warning alone does not.

Examples:
  $ sallyport verify accelerator-1
  $ sallyport verify 203.0.113.7 --cert ~/team.crt --json`,
    )
    .action(wrap<[string, HostFlags]>(verify));
};

async function verify(context: Context, text: string, flags: HostFlags): Promise<number> {
  const target = await resolveHost(context, text, flags);
  const { config } = await context.config();
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
      table(checks, target.name, failed),
    );
    return failed === 0 ? EXIT.ok : EXIT.failure;
  } finally {
    line.done();
    client.close();
  }
}

/** Of the ports that the door lets through, those on which the kit itself answers. */
function openPorts(allowed: readonly number[], agentPort: number): number[] {
  return [...new Set([...[22, 80, 443].filter((port) => allowed.includes(port)), agentPort])];
}

const MARKS: Readonly<Record<Verdict, string>> = { ok: "ok", warning: "warning", failed: "FAILED", skipped: "-" };

function table(checks: readonly Check[], name: string, failed: number): string {
  const width = (pick: (check: Check) => string) => Math.max(...checks.map((check) => pick(check).length));
  const [first, second] = [width(({ name }) => name), width(({ tried }) => tried)];
  const lines = checks.map(
    ({ name, tried, got, verdict }) =>
      `${MARKS[verdict].padEnd(8)} ${name.padEnd(first)}  ${tried.padEnd(second)}  ${got}`,
  );
  const end = failed === 0 ? `${name} is as it should be` : `${failed} of ${checks.length} checks failed`;
  return [...lines, "", end].join("\n");
}
