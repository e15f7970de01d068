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

export interface KnownMachine {
  readonly name: string;
  readonly addr: string;
  readonly component: string;
  readonly routable: boolean | null;
  readonly lastSeen?: number;
  readonly checkedAt?: number;
}

/** Machines by name, with their forwards by port. */
export function machinesOf(forwards: readonly ForwardItem[], known: readonly KnownMachine[]): MachineItem[] {
  const machines = new Map<string, MachineItem & { forwards: ForwardItem[] }>();
  for (const machine of known) {
    const key = keyOf(machine);
    machines.set(key, { ...machine, key, forwards: [] });
  }
  for (const forward of forwards.toSorted((a, b) => a.connPort - b.connPort)) {
    const machine = { name: forward.targetName, addr: forward.targetAddr, component: forward.targetComponent };
    const key = keyOf(machine);
    const found = machines.get(key);
    // The forward may be newer than the list of machines.
    if (found === undefined) machines.set(key, { ...machine, key, routable: null, forwards: [forward] });
    else found.forwards.push(forward);
  }
  return [...machines.values()].sort(
    (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.addr.localeCompare(b.addr),
  );
}

const keyOf = ({ name, addr }: { readonly name: string; readonly addr: string }) => `${name}\n${addr}`;

/** Keeps the forwards and machines that contain all words; a forward also has those of its machine. */
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
    const isFound = forwards.length > 0 || (machine.forwards.length === 0 && words.every((word) => own.includes(word)));
    return isFound ? [{ ...machine, forwards }] : [];
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
