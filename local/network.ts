/**
 * The small Internet around one host: a router with the host behind it, and machines elsewhere that try
 * to reach it. Every link runs between two of these namespaces and never through the machine's own.
 */
import { doorTable, METADATA_ADDRESS } from "./door.js";
import { NetNamespace } from "./net-namespace.js";
import type { NftRules } from "./rules-to-nft.js";

/** The one next hop that every machine knows; the router answers to it on each link. */
const GATEWAY = "169.254.1.1";

export interface NetworkOptions {
  readonly publicIp: string;
  readonly privateIp: string;
  /** Name → address of the machines elsewhere. Names are interface names: at most 15 characters. */
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

  /** The machine elsewhere with that name. */
  machine(name: string): NetNamespace {
    const found = this.machines.get(name);
    if (found === undefined) throw new Error(`no machine is called ${name}`);
    return found;
  }

  /** Puts the rules at the door, all at once. */
  async guard(rules: NftRules): Promise<void> {
    const { publicIp, privateIp } = this.options;
    const table = doorTable({ hostLink: "host", publicIp, privateIp, rules });
    await this.router.runOk("nft", ["-f", "-"], { input: table });
  }

  async close(): Promise<void> {
    await Promise.all([this.router, this.host, ...this.machines.values()].map((namespace) => namespace.close()));
  }

  async #connect(): Promise<void> {
    const { router, host, machines, options } = this;
    // Strict reverse-path filtering: nobody outside can pretend to be somebody else.
    const sysctls = ["net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.default.rp_filter=1"];
    await router.runOk("sysctl", ["-qw", ...sysctls]);
    // Closed until the rules are there.
    await this.guard({ inbound: [], outbound: [], unresolved: [] });
    await router.runOk("ip", ["address", "add", `${METADATA_ADDRESS}/32`, "dev", "lo"]);
    await this.#link("host", host, options.privateIp);
    for (const [name, machine] of machines) await this.#link(name, machine, options.outside[name] ?? "");
  }

  async #link(name: string, to: NetNamespace, address: string): Promise<void> {
    const batch = (lines: readonly string[]) => ({ input: `${lines.join("\n")}\n` });
    const atRouter = [
      `link add ${name} type veth peer name eth0 netns ${to.pid}`,
      `address add ${GATEWAY}/32 dev ${name}`,
      `link set ${name} up`,
      `route add ${address}/32 dev ${name}`,
    ];
    const atMachine = [
      `address add ${address}/32 dev eth0`,
      "link set eth0 up",
      `route add ${GATEWAY}/32 dev eth0 scope link src ${address}`,
      `route add default via ${GATEWAY} dev eth0 src ${address}`,
    ];
    await this.router.runOk("ip", ["-batch", "-"], batch(atRouter));
    await to.runOk("ip", ["-batch", "-"], batch(atMachine));
  }
}
