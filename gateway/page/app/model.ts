/** The page's model, from the API's documents. Pure. */
import type { Minute } from "./sparkline.js";

export interface ForwardItem {
  readonly id: string;
  readonly connPort: number;
  readonly protocol: "tcp" | "udp";
  readonly targetAddr: string;
  readonly targetPort: number;
  readonly targetName: string;
  readonly targetComponent: string;
  readonly owner: string;
  readonly sources: readonly string[];
  /** Whether its sources have this browser's address, as far as is known. */
  readonly admitsYou: boolean;
  /** Where clients connect. */
  readonly gateway: string;
  readonly expiresAt?: number;
  /** Newest last. */
  readonly minutes: readonly Minute[];
  readonly lastUsed?: number;
}

export interface MachineItem {
  readonly key: string;
  readonly name: string;
  readonly addr: string;
  readonly component: string;
  /** null: not known yet. */
  readonly routable: boolean | null;
  readonly lastSeen?: number;
  readonly checkedAt?: number;
  readonly forwards: readonly ForwardItem[];
}

export interface Liveness {
  readonly addr: string;
  readonly routable: boolean | null;
  readonly lastSeen?: number;
  readonly checkedAt?: number;
}

/** Machines by name, with their forwards by port. */
export function machinesOf(forwards: readonly ForwardItem[], known: readonly Liveness[]): MachineItem[] {
  const liveness = new Map(known.map((each) => [each.addr, each]));
  const groups = new Map<string, ForwardItem[]>();
  for (const forward of forwards) {
    const key = `${forward.targetName}\n${forward.targetAddr}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [forward]);
    else group.push(forward);
  }
  return [...groups]
    .flatMap(([key, group]) => {
      const [first] = group;
      if (first === undefined) return [];
      const { targetName: name, targetAddr: addr, targetComponent: component } = first;
      const { routable = null, lastSeen, checkedAt } = liveness.get(addr) ?? {};
      const times = {
        ...(lastSeen === undefined ? {} : { lastSeen }),
        ...(checkedAt === undefined ? {} : { checkedAt }),
      };
      return [{ key, name, addr, component, routable, ...times, forwards: group.toSorted(byPort) }];
    })
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.addr.localeCompare(b.addr));
}

/** Keeps the forwards that contain all words, in their own values or in those of their machine. */
export function filterMachines(machines: readonly MachineItem[], text: string): MachineItem[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return machines.flatMap((machine) => {
    const own = `${machine.name} ${machine.addr} ${machine.component}`.toLowerCase();
    const forwards = machine.forwards.filter((forward) => {
      const { connPort, targetPort, protocol, owner } = forward;
      const all = `${own} ${connPort} ${targetPort} ${protocol} ${owner}`.toLowerCase();
      return words.every((word) => all.includes(word));
    });
    return forwards.length === 0 ? [] : [{ ...machine, forwards }];
  });
}

/** "3 machines, 2 alive, 1 not looked at yet, 5 forwards" */
export function summary(machines: readonly MachineItem[]): string {
  const forwards = machines.reduce((sum, machine) => sum + machine.forwards.length, 0);
  const known = machines.filter(({ routable }) => routable !== null).length;
  const alive = machines.filter(({ routable }) => routable === true).length;
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  if (machines.length === 0) return "";
  return [
    count(machines.length, "machine"),
    ...(known === 0 ? [] : [`${alive} alive`]),
    ...(known === machines.length ? [] : [`${machines.length - known} not looked at yet`]),
    count(forwards, "forward"),
  ].join(", ");
}

const byPort = (a: ForwardItem, b: ForwardItem) => a.connPort - b.connPort;
