/**
 * The emulated Internet around one host: a router with the host behind it, and outside machines that try to reach it.
 * Every link connects two of these namespaces and never passes through the machine's own.
 */
import { hostFirewallTable, METADATA_ADDRESS } from "./host-firewall.js";
import { NetNamespace } from "./net-namespace.js";
import type { NftRules } from "./rules-to-nft.js";
import { attachVeth, batch } from "./veth.js";

export interface NetworkOptions {
  readonly publicIp: string;
  readonly privateIp: string;
  /** MAC address of the host's interface. @default - any */
  readonly mac?: string;
  /** Name → address of the outside machines. Names are interface names: at most 15 characters. */
  readonly outside: Readonly<Record<string, string>>;
}

export class Network {
  private constructor(
    readonly router: NetNamespace,
    readonly host: NetNamespace,
    private readonly machines: ReadonlyMap<string, NetNamespace>,
    private readonly options: NetworkOptions,
  ) {}

  static async open(options: NetworkOptions): Promise<Network> {
    const names = Object.keys(options.outside);
    const opened: NetNamespace[] = [];
    try {
      for (const name of ["router", "host", ...names]) opened.push(await NetNamespace.open(name));
      const [router, host, ...outside] = opened;
      if (router === undefined || host === undefined) throw new Error("unreachable");
      const network = new Network(router, host, new Map(outside.map((each) => [each.name, each])), options);
      await network.#connect();
      return network;
    } catch (error) {
      await Promise.all(opened.map((namespace) => namespace.close()));
      throw error;
    }
  }

  /** The outside machine with that name. */
  machine(name: string): NetNamespace {
    const found = this.machines.get(name);
    if (found === undefined) throw new Error(`no machine is called ${name}`);
    return found;
  }

  /** Replaces the firewall rules in one transaction. */
  async guard(rules: NftRules): Promise<void> {
    const { publicIp, privateIp } = this.options;
    const table = hostFirewallTable({ hostLink: "host", publicIp, privateIp, rules });
    await this.router.runOk("nft", ["-f", "-"], { input: table });
  }

  async close(): Promise<void> {
    await Promise.all([this.router, this.host, ...this.machines.values()].map((namespace) => namespace.close()));
  }

  async #connect(): Promise<void> {
    const { router, host, machines, options } = this;
    // Strict reverse-path filtering: no outside machine can spoof another's address.
    const sysctls = ["net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.default.rp_filter=1"];
    await router.runOk("sysctl", ["-qw", ...sysctls]);
    if (options.publicIp.startsWith("127.")) {
      // The emulator's Elastic IPs are loopback addresses, which the kernel would neither send nor accept on other
      // interfaces.
      for (const each of [router, ...machines.values()]) await giveUpLoopback(each);
    }
    // Closed until the rules are applied.
    await this.guard({ inbound: [], outbound: [], unresolved: [] });
    await router.runOk("ip", ["address", "add", `${METADATA_ADDRESS}/32`, "dev", "lo"]);
    await attachVeth(router, "host", host, options.privateIp, options.mac);
    for (const [name, machine] of machines) await attachVeth(router, name, machine, options.outside[name] ?? "");
  }
}

/** Keeps only 127.0.0.1 of 127.0.0.0/8 as loopback. The rest become ordinary addresses. */
async function giveUpLoopback(namespace: NetNamespace): Promise<void> {
  await namespace.runOk("sysctl", ["-qw", "net.ipv4.conf.all.route_localnet=1"]);
  await batch(namespace, ["address del 127.0.0.1/8 dev lo", "address add 127.0.0.1/32 dev lo"]);
}
