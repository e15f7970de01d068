/** The gateway's two interfaces, and the address that its clients connect to. */
import { readFile } from "node:fs/promises";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { noAddress, noInterface } from "./errors.js";

/** What this machine has now: interfaces come late at boot, and addresses change with a DHCP lease. */
export interface MachineInterfaces {
  /** All, also those without an address. */
  names(): Promise<readonly string[]>;
  addresses(): ReturnType<typeof networkInterfaces>;
}

export interface InterfaceSettings {
  readonly wan: string;
  readonly lan: string;
  /** Address or DNS name. */
  readonly public_address?: string;
}

export const THIS_MACHINE: MachineInterfaces = {
  // Node lists only interfaces with an address. This file has those of the process's own network namespace.
  names: async () => {
    const lines = (await readFile("/proc/self/net/dev", "utf8")).split("\n").slice(2);
    return lines.flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []);
  },
  addresses: networkInterfaces,
};

/** @throws Fault if there is no such interface, or if clients cannot be told an address of `wan`. */
export async function checkInterface(
  key: "wan" | "lan",
  settings: InterfaceSettings,
  machine: MachineInterfaces = THIS_MACHINE,
): Promise<void> {
  const names = await machine.names();
  const name = settings[key];
  if (!names.includes(name)) throw noInterface(key, name, names);
  if (key === "wan" && gatewayAddress(settings, undefined, machine) === undefined) throw noAddress(name);
}

/**
 * The configured address; otherwise the first global address of `wan` with the IP version of the forward's target,
 * which is that of its clients. A configured name stands for both versions.
 *
 * @param target any version will do without one, IPv4 first.
 * @returns undefined without such an address.
 */
export function gatewayAddress(
  { public_address: configured, wan }: InterfaceSettings,
  target?: string,
  machine: MachineInterfaces = THIS_MACHINE,
): string | undefined {
  const family = target !== undefined && isIPv6(target) ? "IPv6" : "IPv4";
  if (configured !== undefined && !(family === "IPv6" && isIP(configured) === 4)) return configured;
  const addresses = (machine.addresses()[wan] ?? []).filter(({ address }) => !/^fe80:|^169\.254\./i.test(address));
  const found = addresses.find((each) => each.family === family);
  return (found ?? (target === undefined ? addresses[0] : undefined))?.address ?? configured;
}
