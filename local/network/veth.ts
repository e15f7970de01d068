/** A veth pair between a router and one machine, both network namespaces. */
import { defined } from "../../base/defined.js";
import type { NetNamespace } from "./net-namespace.js";

/** The one next hop of every machine. The router answers to it on each link. */
export const NEXT_HOP = "169.254.1.1";

/**
 * Gives the machine an `eth0` with one address and a default route to the router.
 *
 * @param name of the router's end: at most 15 characters.
 * @param mac of the machine's end. @default - any
 */
export async function attachVeth(
  router: NetNamespace,
  name: string,
  machine: NetNamespace,
  address: string,
  mac?: string,
): Promise<void> {
  await attachRouterVeth(router, name, machine, defined({ device: "eth0", address, mac }));
  await batch(machine, [
    `address add ${address}/32 dev eth0`,
    "link set eth0 up",
    `route add ${NEXT_HOP}/32 dev eth0 scope link src ${address}`,
    `route add default via ${NEXT_HOP} dev eth0 src ${address}`,
  ]);
}

export interface FarEnd {
  /** Name of the interface. It is down and has no address yet. */
  readonly device: string;
  readonly address: string;
  readonly mac?: string;
}

/** Configures only the router's side. */
export function attachRouterVeth(
  router: NetNamespace,
  name: string,
  machine: NetNamespace,
  far: FarEnd,
): Promise<void> {
  const { device, address, mac } = far;
  return batch(router, [
    `link add ${name} type veth peer name ${device}${mac === undefined ? "" : ` address ${mac}`} netns ${machine.pid}`,
    `address add ${NEXT_HOP}/32 dev ${name}`,
    `link set ${name} up`,
    `route add ${address}/32 dev ${name}`,
  ]);
}

/** Lines of `ip -batch`. */
export async function batch(namespace: NetNamespace, lines: readonly string[]): Promise<void> {
  await namespace.runOk("ip", ["-batch", "-"], { input: `${lines.join("\n")}\n` });
}
