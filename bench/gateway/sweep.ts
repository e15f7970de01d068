/** Which of 1,000 machines are alive, half of which are not: the worker's sweep against ten threads of ping. */
import { sweep as sweepOnce } from "../../gateway/worker/fping.js";
import { NetNamespace } from "../../local/network/net-namespace.js";
import { saveTable } from "../results.js";
import { addressOf, numbers } from "./numbered.js";
import { isThere, Peer } from "./peer.js";
import type { SceneOptions } from "./scene.js";
import { median, printTable, short, verdict } from "./table.js";

const ADDRESSES = 1_000;
const WANTED = 50;
/** The peer's takes minutes and hardly varies. */
const PEER_ROUNDS = 1;
const GATEWAY = "10.77.255.1";

interface Result {
  readonly seconds: number;
  readonly missed: number;
  readonly invented: number;
}

export async function sweep({ rounds }: SceneOptions): Promise<void> {
  const { gateway, lab, alive } = await openLab();
  const addresses = numbers(ADDRESSES).map(addressOf);
  const contestants = new Map<string, Result[]>();
  const judge = (name: string, seconds: number, found: ReadonlySet<string>) => {
    const missed = [...alive].filter((address) => !found.has(address)).length;
    const invented = [...found].filter((address) => !alive.has(address)).length;
    contestants.set(name, [...(contestants.get(name) ?? []), { seconds, missed, invented }]);
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const started = performance.now();
      const found = await sweepOnce(addresses, { fping: gateway.enter(["fping"]), device: "lan0" });
      judge("ours", (performance.now() - started) / 1000, found);
    }
    if (isThere("ping")) {
      const peer = new Peer(gateway, ["sweep"]);
      for (let round = 0; round < Math.min(rounds, PEER_ROUNDS); round += 1) {
        const { ms, result } = await peer.run({ do: "sweep", addresses });
        judge("10 threads of ping", ms / 1000, new Set(result as string[]));
      }
      await peer.end();
    }
  } finally {
    await Promise.all([gateway, lab].map((namespace) => namespace.close()));
  }
  report(contestants);
}

function report(contestants: ReadonlyMap<string, readonly Result[]>): void {
  const seconds = (name: string) => median((contestants.get(name) ?? []).map((result) => result.seconds));
  const rows = [...contestants].map(([name, results]) => {
    const ratio = seconds(name) / seconds("ours");
    const most = (of: "missed" | "invented") => String(Math.max(...results.map((result) => result[of])));
    return [
      name,
      short(seconds(name)),
      most("missed"),
      most("invented"),
      name === "ours" ? "1" : verdict(ratio, WANTED),
    ];
  });
  printTable(
    [
      `${ADDRESSES} addresses, half of them dead`,
      "seconds",
      "live ones missed, at most",
      "dead ones found, at most",
      "÷ ours",
    ],
    rows,
  );
  const most = (results: readonly Result[]) => Math.max(...results.map(({ missed }) => missed));
  saveTable(import.meta.dirname, "sweep", {
    title: `${ADDRESSES} addresses, half of them dead`,
    columns: ["seconds", "live ones missed, at most"],
    rows: Object.fromEntries([...contestants].map(([name, results]) => [name, [seconds(name), most(results)]])),
  });
}

/** Every other address has a machine. The others stay silent, like machines that are switched off. */
async function openLab() {
  const [gateway, lab] = [await NetNamespace.open("gateway"), await NetNamespace.open("lab")];
  await gateway.runOk("ip", ["link", "add", "lan0", "type", "veth", "peer", "name", "eth0", "netns", String(lab.pid)]);
  await gateway.runOk("ip", ["address", "add", `${GATEWAY}/16`, "dev", "lan0"]);
  await gateway.runOk("ip", ["link", "set", "lan0", "up"]);
  const alive = numbers(ADDRESSES)
    .filter((n) => n % 2 === 1)
    .map(addressOf);
  const batch = alive.map((address) => `address add ${address}/16 dev eth0`).join("\n");
  await lab.runOk("ip", ["-batch", "-"], { input: `${batch}\n` });
  await lab.runOk("ip", ["link", "set", "eth0", "up"]);
  return { gateway, lab, alive: new Set(alive) };
}
