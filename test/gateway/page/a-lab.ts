/** A week of a lab in the database of a gateway: machines, who had forwards to them, their traffic and when they were alive. */
import { PGlite } from "@electric-sql/pglite";
import { openPgliteStore } from "../../../gateway/store/pglite.js";
import type { LivenessChange, UsageSample } from "../../../gateway/store/store.js";
import { aRequest } from "../support/a-forward.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const machine = (name: string, last: number, component: string) => ({ name, addr: `192.168.1.${last}`, component });
export const BUILD = machine("build-ubuntu", 11, "CentOS");
const WIN = machine("win-signing", 12, "Windows");
const FPGA = machine("fpga-bench-2", 14, "CentOS");
const NAS = machine("onefs-a", 21, "OneFS");
export const LONG = machine(
  "regression-runner-for-the-nightly-build-of-firmware-4.2.1.staging.eu-west.lab.example.com (kernel 6.8-rc3)",
  31,
  "CentOS",
);
/** In gateway.yaml. */
export const LISTED = [BUILD, machine("gpu-node-1", 41, "CentOS"), machine("gpu-node-2", 42, "CentOS")];

const FORWARDS = [
  { ...BUILD, port: 22, connPort: 50_010, weight: 40 },
  { ...BUILD, port: 443, connPort: 50_011, weight: 900 },
  { ...BUILD, port: 5432, connPort: 50_012, weight: 150 },
  { ...WIN, port: 3389, connPort: 50_013, weight: 420 },
  { ...FPGA, port: 22, connPort: 50_014, weight: 60 },
  { ...NAS, port: 8080, connPort: 50_015, weight: 0 },
];

export async function seedLab(directory: string): Promise<void> {
  const store = await openPgliteStore(directory);
  const range = { min: 50_000, max: 50_100 };
  const now = Date.now();
  const minute = Math.floor(now / MINUTE) * MINUTE;
  const samples: UsageSample[] = [];
  const create = async (
    owner: string,
    { name, addr, component }: typeof BUILD,
    port: number,
    connPort: number,
    end = 6,
  ) => {
    const target = { targetName: name, targetAddr: addr, targetComponent: component, targetPort: port };
    const more = { owner, connPort, sources: ["127.0.0.1/32"], expiresAt: now + end * HOUR };
    const made = await store.create(aRequest({ ...target, ...more }), range);
    if (made.outcome !== "created") throw new Error(made.outcome);
    return made.forward;
  };
  for (const [index, { port, connPort, weight, ...target }] of FORWARDS.entries()) {
    const { id: forwardId } = await create("maya", target, port, connPort, 2 + index);
    for (let ago = 1; weight > 0 && ago < 7 * 24 * 60; ago += ago < 60 ? 1 : 15) {
      // Working hours are busier than nights, and no two minutes are the same.
      const wave = Math.max(0, Math.sin(((minute - ago * MINUTE) / DAY) * 2 * Math.PI - 1.4 - index * 0.2));
      const noise = ((ago * 7_919 + index * 104_729) % 97) / 97;
      if (noise < 0.3) continue;
      const bytes = Math.round(weight * 1_000 * (0.15 + wave) * noise * (ago < 60 ? 1 : 6));
      samples.push({
        forwardId,
        connPort,
        owner: "maya",
        minute: minute - ago * MINUTE,
        packets: Math.ceil(bytes / 900),
        bytes,
        connections: noise > 0.7 ? 1 : 0,
      });
    }
  }
  for (const [owner, target, connPort] of [
    ["maya", LONG, 50_060],
    ["tom", BUILD, 50_061],
    ["priya", BUILD, 50_062],
  ] as const) {
    const { id: forwardId } = await create(owner, target, 22, connPort);
    const sample = { forwardId, connPort, owner, packets: 9_000, connections: 12 };
    samples.push({ ...sample, minute: minute - 26 * HOUR, bytes: owner === "tom" ? 48_000_000 : 3_100_000 });
    await store.remove(connPort, undefined, owner === "tom" ? "priya" : owner);
  }
  await store.addUsage(samples);
  const changes: LivenessChange[] = [
    ...[BUILD, WIN, FPGA, NAS].map(({ addr }) => ({ at: now - 8 * DAY, addr, routable: true })),
    { at: now - 19 * HOUR, addr: BUILD.addr, routable: false },
    { at: now - 17.5 * HOUR, addr: BUILD.addr, routable: true },
    { at: now - 2 * HOUR, addr: NAS.addr, routable: false },
  ];
  const state = { disagreeing: 0, lastSeen: now - 2 * MINUTE, checkedAt: now - 2 * MINUTE };
  await store.saveMachines(
    [BUILD, WIN, FPGA, NAS, LISTED[1] ?? BUILD].map((each) => ({ ...each, ...state, routable: each !== NAS })),
    changes,
  );
  await store.close();
  // Opened and closed in the days before, and not all at this moment.
  const database = await PGlite.create(directory);
  await database.exec(`update forward_events set at = at - (30 - seq) * 5400000`);
  await database.close();
}
