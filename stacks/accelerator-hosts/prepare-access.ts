/** Who reaches new hosts: all that `firewall show` needs to know of a deployment. */
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import { readOptions } from "../../firewall/options/read-options.js";
import type { Cidr } from "../../net/cidr.js";
import { prepareCallers } from "../prepare/callers.js";
import type { PrepareOptions } from "../prepare/options.js";
import { inPrivateNetwork } from "../private-mirror/private-network-config.js";
import type { DeploymentInputs } from "./inputs.js";
import { agentPort, deploymentTable, EMPTY_TABLE, type WrittenFirewall, writtenFirewall } from "./rule-table.js";

export interface AccessOptions extends Pick<PrepareOptions, "env" | "onStep" | "caller" | "signal"> {
  /** CIDR of the VPC. @default - unknown: only AWS knows it */
  readonly vpcCidr?: Cidr;
}

/** The rule table, and the callers if an option lets them in. */
export async function prepareAccess(
  configured: LoadedConfig,
  options: AccessOptions,
): Promise<Pick<DeploymentInputs, "table" | "callers">> {
  const loaded = await inPrivateNetwork(configured);
  // An existing group keeps its rules.
  if (loaded.config.security_group !== undefined) return { table: EMPTY_TABLE, callers: [] };
  const { options: written, origins } = withCaller(writtenFirewall(loaded), options.caller);
  const checked = readOptions(written, origins);
  const tableFor = (callers: readonly Cidr[]) =>
    deploymentTable(checked, defined({ callers, origins, vpcCidr: options.vpcCidr }), agentPort(loaded.config));
  if (!checked.needsCaller) return { table: tableFor([]), callers: [] };
  const callers = await prepareCallers(loaded.config.caller, options);
  return { table: tableFor(callers), callers: callers.map(String) };
}

function withCaller(written: WrittenFirewall, caller: readonly string[] | undefined): WrittenFirewall {
  if (caller === undefined) return written;
  const { options, origins } = written;
  return { options: { ...options, caller }, origins: { ...origins, caller: "--caller" } };
}
