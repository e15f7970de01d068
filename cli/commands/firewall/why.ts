/** `sallyport firewall why PORT from ADDRESS`: whether a packet would pass, and which rule decides. */

import { defined } from "../../../base/defined.js";
import { EXIT } from "../../../base/fault.js";
import type { Context, Register } from "../../context.js";
import { TABLE_OPTIONS, type TableFlags, tableOf } from "../../firewall.js";

/** A script must not mistake "it depends" for a pass. */
const STATUS = { passes: EXIT.ok, blocked: EXIT.auth, depends: EXIT.failure } as const;

const COLOURS = { passes: "green", blocked: "red", depends: "yellow" } as const;

export const registerWhy: Register = (parent, wrap) => {
  parent
    .command("why")
    .description("explain whether a packet to a port would pass, and which rule decides")
    .argument("<port>", "port of the hosts")
    .argument("<from>", 'the word "from"')
    .argument("<address>", "source address of the packet")
    .option(...TABLE_OPTIONS.caller)
    .option(...TABLE_OPTIONS.vpcCidr)
    .addHelpText(
      "after",
      `
Uses the rules as configured, not as deployed. Exits with status ${STATUS.passes} if the packet passes, ${STATUS.blocked} if it is
blocked, and ${STATUS.depends} if that depends on facts that only AWS knows: the range of the VPC, the entries of a list.

Examples:
  $ sallyport firewall why 22 from 203.0.113.7
  $ sallyport firewall why 8786 from 10.0.0.9 --vpc-cidr 10.0.0.0/16
  $ sallyport firewall why 443 from 198.51.100.1 --json | jq -r .verdict`,
    )
    .action(wrap<[string, string, string, TableFlags]>(why));
};

async function why(context: Context, port: string, from: string, address: string, flags: TableFlags): Promise<number> {
  const errors = await import("../../../firewall/request/errors.js");
  if (from !== "from") throw errors.notFrom(from);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) throw errors.notAPort(port);
  const { Cidr } = await import("../../../net/cidr.js");
  const { decide } = await import("../../../firewall/options/verdict.js");
  const { rowJson, stepText } = await import("../../../firewall/options/table-text.js");
  const asked = Cidr.host(address);
  const { verdict, because, row, group } = decide(await tableOf(context, flags), {
    port: Number(port),
    address: asked,
  });
  const answer = defined({
    port: Number(port),
    address: asked.address,
    verdict,
    because,
    row: row === undefined ? undefined : rowJson(row),
    group: row === undefined ? undefined : group,
  });
  context.print(answer, () =>
    [
      `${context.paint[COLOURS[verdict]](verdict)}: ${because}`,
      ...(row?.why ?? []).map((step) => `    ${stepText(step)}`),
    ].join("\n"),
  );
  return STATUS[verdict];
}
