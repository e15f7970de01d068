/**
 * The lab behind a gateway. Each machine is a network namespace, linked to a router that represents the VPC's own
 * network. The router's default route is the gateway's second interface, as in the stack's route table.
 */
import type { InterfaceFacts } from "../emulator/instance.js";
import { labFirewallTable } from "./lab-firewall.js";
import { NetNamespace } from "./net-namespace.js";
import type { NftRules } from "./rules-to-nft.js";
import { attachRouterVeth, attachVeth, batch } from "./veth.js";

export interface LabNetworkOptions {
  readonly gateway: NetNamespace;
  /** The gateway's interface in the lab. */
  readonly link: InterfaceFacts;
  /** Name → address. Names are interface names: at most 15 characters. */
  readonly machines: Readonly<Record<string, string>>;
}

/** Name of the router's interface that leads to the gateway. */
const GATEWAY_LINK = "gateway";

export class LabNetwork {
  private constructor(
    readonly router: NetNamespace,
    private readonly machines: ReadonlyMap<string, NetNamespace>,
  ) {}

  static async open(options: LabNetworkOptions): Promise<LabNetwork> {
    const opened: NetNamespace[] = [];
    try {
      for (const name of ["lab", ...Object.keys(options.machines)]) opened.push(await NetNamespace.open(name));
      const [router, ...machines] = opened;
      if (router === undefined) throw new Error("unreachable");
      const network = new LabNetwork(router, new Map(machines.map((each) => [each.name, each])));
      await network.#connect(options);
      return network;
    } catch (error) {
      await Promise.all(opened.map((namespace) => namespace.close()));
      throw error;
    }
  }

  machine(name: string): NetNamespace {
    const found = this.machines.get(name);
    if (found === undefined) throw new Error(`no machine of the lab is called ${name}`);
    return found;
  }

  /** Applies the rules of the gateway's lab side, all at once. */
  async guard(rules: NftRules): Promise<void> {
    await this.router.runOk("nft", ["-f", "-"], { input: labFirewallTable(GATEWAY_LINK, rules) });
  }

  async close(): Promise<void> {
    await Promise.all([this.router, ...this.machines.values()].map((namespace) => namespace.close()));
  }

  async #connect({ gateway, link, machines }: LabNetworkOptions): Promise<void> {
    const { router } = this;
    const { privateIp, mac, cidr } = link;
    // A lab machine cannot spoof another's address. The gateway may, since EC2's check is off at its interfaces.
    const sysctls = ["net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=1"];
    await router.runOk("sysctl", ["-qw", ...sysctls]);
    // Closed until the rules are applied.
    await this.guard({ inbound: [], outbound: [], unresolved: [] });
    const device = `eth${link.deviceNumber}`;
    await attachRouterVeth(router, GATEWAY_LINK, gateway, { device, address: privateIp, mac });
    // The VPC answers ARP requests on behalf of its machines.
    const own = [`net.ipv4.conf.${GATEWAY_LINK}.rp_filter=0`, `net.ipv4.conf.${GATEWAY_LINK}.proxy_arp=1`];
    await router.runOk("sysctl", ["-qw", ...own]);
    await batch(router, [
      `route add blackhole ${cidr}`,
      `route add default via ${privateIp} dev ${GATEWAY_LINK} onlink`,
    ]);
    await batch(gateway, [`address add ${privateIp}/${cidr.split("/")[1]} dev ${device}`, `link set ${device} up`]);
    for (const [name, machine] of this.machines) await attachVeth(router, name, machine, machines[name] ?? "");
  }
}
