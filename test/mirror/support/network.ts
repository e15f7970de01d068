/**
 * The network of a team without Internet: a client on one wire, the upstream on another, and between them only
 * the mirror's machine, which does not route. Each is a network namespace.
 */
import { connect, type Server } from "node:net";
import { NetNamespace } from "../../../local/network/net-namespace.js";

const CLIENT = "198.51.100.7";
export const MIRROR = "198.51.100.1";
export const OUTSIDE = "203.0.113.2";

export class Network {
  readonly #doors: Server[] = [];

  private constructor(
    readonly client: NetNamespace,
    readonly mirror: NetNamespace,
    private readonly outside: NetNamespace,
  ) {}

  static async open(): Promise<Network> {
    const [client, mirror, outside] = await Promise.all(["client", "mirror", "outside"].map(NetNamespace.open));
    const network = new Network(client as NetNamespace, mirror as NetNamespace, outside as NetNamespace);
    try {
      await network.mirror.runOk("sysctl", ["-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0"]);
      await network.#wire(network.client, CLIENT, "lan0", MIRROR);
      await network.#wire(network.outside, OUTSIDE, "out0", "203.0.113.1");
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Makes a server of this process, at a port of the loopback, answer outside at port 80. */
  async showOutside(port: number): Promise<void> {
    const door = await this.outside.listen(OUTSIDE, 80);
    door.on("connection", (socket) => {
      const inner = connect(port, "127.0.0.1");
      socket.pipe(inner).pipe(socket);
      for (const [one, other] of [
        [socket, inner],
        [inner, socket],
      ] as const) {
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
    });
    this.#doors.push(door);
  }

  /** The wire to the outside is cut. */
  async cutOutside(): Promise<void> {
    await this.mirror.runOk("ip", ["link", "set", "out0", "down"]);
  }

  async close(): Promise<void> {
    for (const door of this.#doors) door.close();
    await Promise.all([this.client, this.mirror, this.outside].map((namespace) => namespace.close()));
  }

  async #wire(end: NetNamespace, address: string, device: string, mirrorAddress: string): Promise<void> {
    const peer = ["peer", "name", "eth0", "netns", String(end.pid)];
    await this.mirror.runOk("ip", ["link", "add", device, "type", "veth", ...peer]);
    for (const [namespace, name, own] of [
      [this.mirror, device, mirrorAddress],
      [end, "eth0", address],
    ] as const) {
      await namespace.runOk("ip", ["address", "add", `${own}/24`, "dev", name]);
      await namespace.runOk("ip", ["link", "set", name, "up"]);
    }
  }
}
