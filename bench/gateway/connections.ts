/** New TCP connections per second through 10,000 forwards: our maps, iptables' rules, and a gateway that only routes. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { endChild, spawnWithParentDeath } from "../../base/process/spawn.js";
import { parseBlocks } from "../../gateway/forwards/block.js";
import { openKernel } from "../../gateway/nft/nft-kernel.js";
import { NetNamespace } from "../../local/network/net-namespace.js";
import { saveTable } from "../results.js";
import { FIRST_PORT, forwardOf, LAB, numbers, peerForwardOf, TARGET_PORT } from "./numbered.js";
import { foundIptables, Peer } from "./peer.js";
import { inTurn, type SceneOptions } from "./scene.js";
import { median, printTable, short } from "./table.js";

const DIAL = fileURLToPath(new URL("./dial.py", import.meta.url));
const FORWARDS = 10_000;
const SECONDS = 3;
/** The gateway's on either side, and who is there. */
const WAN = { gateway: "198.51.100.1", client: "198.51.100.7" };
const LAN = { gateway: "10.78.0.1", lab: "10.78.0.2" };

interface Wire {
  readonly client: NetNamespace;
  readonly gateway: NetNamespace;
  readonly lab: NetNamespace;
}

interface Contestant {
  readonly name: string;
  readonly wire: Wire;
  readonly dial: readonly string[];
  close(): Promise<void>;
}

export async function connections({ rounds, dir }: SceneOptions): Promise<void> {
  const contestants: Contestant[] = [await ours()];
  for (const program of foundIptables()) contestants.push(await peer(program, dir));
  contestants.push(await routing());
  const rates = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  try {
    for (const each of contestants) await dial(each);
    for (let round = 0; round < rounds; round += 1) {
      for (const each of inTurn(contestants, round)) rates.get(each.name)?.push(await dial(each));
    }
  } finally {
    for (const { close } of contestants) await close();
  }
  const own = median(rates.get("ours") ?? []);
  const rows = [...rates].map(([name, all]) => [name, median(all).toFixed(0), short(own / median(all))]);
  printTable([`through ${FORWARDS} forwards`, "new connections/s", "ours ÷ this"], rows);
  saveTable(import.meta.dirname, "connections", {
    title: `new connections through ${FORWARDS} forwards`,
    columns: ["connections/s"],
    rows: Object.fromEntries([...rates].map(([name, all]) => [name, [median(all)]])),
  });
}

async function dial({ name, wire, dial: args }: Contestant): Promise<number> {
  const { stdout } = await wire.client.runOk("python3", [DIAL, ...args]);
  const [rate = 0, failed = 0] = stdout.split(" ").map(Number);
  if (failed > 0) console.log(`${name}: ${failed} connections were not established`);
  return rate;
}

const throughPorts = ["dial", String(SECONDS), WAN.gateway, String(FIRST_PORT), String(FORWARDS)];

async function ours(): Promise<Contestant> {
  const { wire, close } = await openWire("ours");
  const { gateway } = wire;
  const kernel = await openKernel(
    {
      wan: "wan0",
      lan: "lan0",
      labNetworks: parseBlocks([`${LAB}.0.0/16`]),
      ownPorts: [22, 443],
      ports: { min: FIRST_PORT, max: FIRST_PORT + FORWARDS - 1 },
      logGroup: 51,
      onFailure: (error) => console.error(error),
    },
    { nft: gateway.enter(["nft"]), conntrack: gateway.enter(["conntrack"]) },
  );
  await kernel.reconcile(numbers(FORWARDS).map(forwardOf));
  return { name: "ours", wire, dial: throughPorts, close: () => kernel.close().then(close) };
}

async function peer(program: string, dir: string): Promise<Contestant> {
  const { wire, close } = await openWire(program);
  const process = new Peer(wire.gateway, ["forwards", program, `${dir}/${program}.rules`]);
  await process.run({ do: "fill", forwards: numbers(FORWARDS).map(peerForwardOf) });
  await process.end();
  return { name: program, wire, dial: throughPorts, close };
}

async function routing(): Promise<Contestant> {
  const { wire, close } = await openWire("routing");
  await wire.client.runOk("ip", ["route", "add", `${LAB}.0.0/16`, "via", WAN.gateway]);
  return {
    name: "plain routing",
    wire,
    dial: ["route", String(SECONDS), LAB, String(TARGET_PORT), String(FORWARDS)],
    close,
  };
}

/** Each contestant gets its own client, gateway and lab, so that its connections do not fill another's tables. */
async function openWire(name: string): Promise<{ wire: Wire; close: () => Promise<void> }> {
  const opened = ["client", "gateway", "lab"].map((each) => NetNamespace.open(`${name}-${each}`));
  const [client, gateway, lab] = (await Promise.all(opened)) as [NetNamespace, NetNamespace, NetNamespace];
  const plug = async (device: string, address: string, other: NetNamespace, otherAddress: string) => {
    const end = ["peer", "name", "eth0", "netns", String(other.pid)];
    await gateway.runOk("ip", ["link", "add", device, "type", "veth", ...end]);
    for (const [namespace, link, own] of [
      [gateway, device, address],
      [other, "eth0", otherAddress],
    ] as const) {
      await namespace.runOk("ip", ["address", "add", `${own}/24`, "dev", link]);
      await namespace.runOk("ip", ["link", "set", link, "up"]);
    }
  };
  await plug("wan0", WAN.gateway, client, WAN.client);
  await plug("lan0", LAN.gateway, lab, LAN.lab);
  await gateway.runOk("sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
  // A connection that was reset is forgotten at once, so that the table of all namespaces together does not fill.
  await gateway.runOk("sysctl", ["-qw", "net.netfilter.nf_conntrack_tcp_timeout_close=1"]);
  await gateway.runOk("ip", ["route", "add", `${LAB}.0.0/16`, "via", LAN.lab]);
  await lab.runOk("ip", ["route", "add", "default", "via", LAN.gateway]);
  // One machine that answers for all of them.
  await lab.runOk("ip", ["route", "add", "local", `${LAB}.0.0/16`, "dev", "lo"]);
  const listener = spawnWithParentDeath(lab.enter(["python3", DIAL, "listen", String(TARGET_PORT)]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (listener.stdout !== null) await once(listener.stdout, "data");
  return {
    wire: { client, gateway, lab },
    async close() {
      await endChild(listener);
      await Promise.all([client, gateway, lab].map((namespace) => namespace.close()));
    },
  };
}
