/** The machines of the lab that the gateway knows: by their forwards, from gateway.yaml, and by forwards that ended. Pure. */
import type { KnownTarget, MachineState } from "../store/store.js";

export interface KnownMachine extends MachineState {
  /** Whether gateway.yaml names it: then every user sees it. */
  readonly isListed: boolean;
}

export interface MachineSources {
  /** The targets of forwards. */
  readonly current: readonly MachineState[];
  /** From gateway.yaml. */
  readonly listed: readonly KnownTarget[];
  /** The targets of forwards that ended. @default none */
  readonly past?: readonly KnownTarget[];
  /** What the sweeps found, by address. */
  readonly liveness: readonly MachineState[];
}

/** Each name and address once, by name. What a forward says of a machine goes before gateway.yaml, and that before the past. */
export function knownMachines({ current, listed, past = [], liveness }: MachineSources): KnownMachine[] {
  const states = new Map(liveness.map((state) => [state.addr, state]));
  const named = new Set(listed.map(keyOf));
  const known = new Map<string, KnownMachine>();
  const withState = (target: KnownTarget): MachineState => ({
    ...(states.get(target.addr) ?? { routable: null, disagreeing: 0 }),
    ...target,
  });
  for (const machine of [...current, ...listed.map(withState), ...past.map(withState)]) {
    const key = keyOf(machine);
    if (!known.has(key)) known.set(key, { ...machine, isListed: named.has(key) });
  }
  return [...known.values()].sort((a, b) => compare(a.name, b.name) || compare(a.addr, b.addr));
}

const keyOf = ({ addr, name }: KnownTarget) => `${addr} ${name}`;

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
