/** The documents of the API, from the gateway's values. Pure. */
import type { Static } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import type { Forward } from "../forwards/forward.js";
import { admits } from "../forwards/policy.js";
import type { KnownMachine } from "../machines/known-machines.js";
import type { ForwardEvent, LivenessChange, UsageSample } from "../store/store.js";
import type { ForwardDocument, MachineDocument, UsageReport } from "./schemas.js";

export const iso = (at: number) => new Date(at).toISOString();

interface ForwardView {
  /** Address that the request came from. */
  readonly client: string;
  readonly gatewayAddress: (targetAddr: string) => string | undefined;
  readonly routable?: boolean | null;
}

export function forwardDocument(
  forward: Forward,
  { client, gatewayAddress, routable }: ForwardView,
): Static<typeof ForwardDocument> {
  return defined<Static<typeof ForwardDocument>>({
    id: forward.id,
    conn_port: forward.connPort,
    protocol: forward.protocol,
    target_addr: forward.targetAddr,
    target_port: forward.targetPort,
    target_name: forward.targetName,
    target_component: forward.targetComponent,
    owner: forward.owner,
    sources: [...forward.sources],
    gateway_address: gatewayAddress(forward.targetAddr),
    created_at: iso(forward.createdAt),
    expires_at: forward.expiresAt === undefined ? undefined : iso(forward.expiresAt),
    admits_you: admits(forward, client),
    routable,
  });
}

export function machineDocument(target: KnownMachine, forwards: readonly Forward[]): Static<typeof MachineDocument> {
  const { name, addr, component, routable, lastSeen, checkedAt, isListed } = target;
  return defined({
    name,
    addr,
    component,
    routable,
    last_seen: lastSeen === undefined ? undefined : iso(lastSeen),
    checked_at: checkedAt === undefined ? undefined : iso(checkedAt),
    conn_ports: forwards
      .filter((forward) => forward.targetName === name && forward.targetAddr === addr)
      .map(({ connPort }) => connPort),
    listed: isListed,
  });
}

export interface MachinePast {
  readonly history: readonly LivenessChange[];
  readonly events: readonly ForwardEvent[];
  readonly samples: readonly UsageSample[];
  /** The current forwards to the machine. */
  readonly forwards: readonly Forward[];
}

/** What happened to a machine, and who used it. */
export function machinePast({ history, events, samples, forwards }: MachinePast) {
  const users = new Set([...forwards, ...events, ...samples].map(({ owner }) => owner));
  return {
    history: history.map(({ at, routable }) => ({ at: iso(at), routable })),
    events: events.map((event) =>
      defined({
        at: iso(event.at),
        event: event.kind,
        by: event.by,
        owner: event.owner,
        forward_id: event.forwardId,
        conn_port: event.connPort,
        protocol: event.protocol,
        target_port: event.targetPort,
        target_name: event.targetName,
      }),
    ),
    users: [...users].sort().map((user) => {
      const own = samples.filter(({ owner }) => owner === user);
      const last = own.at(-1);
      return defined({
        user,
        forwards: forwards.filter(({ owner }) => owner === user).length,
        bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
        connections: own.reduce((sum, { connections }) => sum + connections, 0),
        last_used: last === undefined ? undefined : iso(last.minute),
      });
    }),
  };
}

/** @param forwards the current forwards, for the names of their machines. */
export function usageReport(
  since: number,
  samples: readonly UsageSample[],
  forwards: readonly Forward[],
): Static<typeof UsageReport> {
  const byId = new Map(forwards.map((forward) => [forward.id, forward]));
  const groups = new Map<string, UsageSample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.forwardId);
    if (group === undefined) groups.set(sample.forwardId, [sample]);
    else group.push(sample);
  }
  const used = [...groups].flatMap(([id, group]) => {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) return [];
    const forward = byId.get(id);
    const target = defined({
      target_name: forward?.targetName,
      target_addr: forward?.targetAddr,
      target_port: forward?.targetPort,
    });
    const sum = (key: "packets" | "bytes" | "connections") => group.reduce((total, sample) => total + sample[key], 0);
    return {
      forward_id: id,
      conn_port: first.connPort,
      owner: first.owner,
      ...target,
      packets: sum("packets"),
      bytes: sum("bytes"),
      connections: sum("connections"),
      first_used: iso(first.minute),
      last_used: iso(last.minute),
    };
  });
  return {
    since: iso(since),
    used,
    samples: samples.map(({ forwardId, connPort, minute, packets, bytes, connections }) => ({
      forward_id: forwardId,
      conn_port: connPort,
      minute: iso(minute),
      packets,
      bytes,
      connections,
    })),
  };
}
