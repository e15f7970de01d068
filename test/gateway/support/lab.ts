/**
 * A lab: clients on one network, lab machines on another, and only the gateway between them. Each machine is a network
 * namespace; each network is a bridge in its own namespace.
 */
import { NetNamespace } from "../../../local/network/net-namespace.js";

export const WAN = { address: "198.51.100.1", address6: "2001:db8:51::1" } as const;
export const LAN = { address: "192.168.1.1", address6: "fd00:1::1" } as const;
export const LAB_NETWORKS = ["192.168.1.0/24", "fd00:1::/64"] as const;

/** Name → last part of its address on its wire. */
const CLIENTS = { client1: 7, client2: 9 } as const;
const MACHINES = { lab1: 11, lab2: 12, lab3: 13 } as const;

export type ClientName = keyof typeof CLIENTS;
export type MachineName = keyof typeof MACHINES;

export const clientAddress = (name: ClientName) => `198.51.100.${CLIENTS[name]}`;
const clientAddress6 = (name: ClientName) => `2001:db8:51::${CLIENTS[name]}`;
export const labAddress = (name: MachineName) => `192.168.1.${MACHINES[name]}`;
export const labAddress6 = (name: MachineName) => `fd00:1::${MACHINES[name]}`;

export class Lab {
  private constructor(
    readonly gateway: NetNamespace,
    private readonly others: ReadonlyMap<string, NetNamespace>,
  ) {}

  static async open(): Promise<Lab> {
    const names = ["gateway", "wan", "lan", ...Object.keys(CLIENTS), ...Object.keys(MACHINES)];
    const opened = await Promise.all(names.map((name) => NetNamespace.open(name)));
    const all = new Map(opened.map((namespace) => [namespace.name, namespace]));
    const lab = new Lab(all.get("gateway") as NetNamespace, all);
    try {
      await lab.#connect();
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  machine(name: ClientName | MachineName): NetNamespace {
    return this.others.get(name) as NetNamespace;
  }

  async close(): Promise<void> {
    await Promise.all([...this.others.values()].map((namespace) => namespace.close()));
  }

  async #connect(): Promise<void> {
    const { gateway } = this;
    for (const wire of ["wan", "lan"] as const) {
      const own = this.others.get(wire) as NetNamespace;
      await own.runOk("ip", ["link", "add", "br0", "type", "bridge", "forward_delay", "0"]);
      await own.runOk("ip", ["link", "set", "br0", "up"]);
    }
    await gateway.runOk("sysctl", ["-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
    await this.#plug("wan", gateway, "wan0", WAN.address, WAN.address6);
    await this.#plug("lan", gateway, "lan0", LAN.address, LAN.address6);
    for (const name of Object.keys(CLIENTS) as ClientName[]) {
      await this.#plug("wan", this.machine(name), "eth0", clientAddress(name), clientAddress6(name));
    }
    for (const name of Object.keys(MACHINES) as MachineName[]) {
      const machine = this.machine(name);
      await this.#plug("lan", machine, "eth0", labAddress(name), labAddress6(name));
      await machine.runOk("ip", ["route", "add", "default", "via", LAN.address]);
      await machine.runOk("ip", ["-6", "route", "add", "default", "via", LAN.address6]);
    }
  }

  async #plug(wire: "wan" | "lan", to: NetNamespace, device: string, address: string, address6: string) {
    const bridge = this.others.get(wire) as NetNamespace;
    const port = to.name.slice(0, 15);
    const peer = ["peer", "name", device, "netns", String(to.pid)];
    await bridge.runOk("ip", ["link", "add", port, "type", "veth", ...peer]);
    await bridge.runOk("ip", ["link", "set", port, "master", "br0", "up"]);
    await to.runOk("ip", ["address", "add", `${address}/24`, "dev", device]);
    // An address that is still being checked for duplicates cannot be used yet.
    await to.runOk("ip", ["-6", "address", "add", `${address6}/64`, "dev", device, "nodad"]);
    await to.runOk("ip", ["link", "set", device, "up"]);
  }
}
