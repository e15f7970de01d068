/** A forward as elements of the table's sets and maps, and back. Pure. */
import { isIPv6 } from "node:net";
import type { Forward } from "../forwards/forward.js";
import type { ForwardCounter, Traffic } from "./kernel.js";

/** The table's sets and maps, with their declarations. */
export const SETS = {
  // Only the first packet of a connection is looked up here, so this counter counts connections.
  target4: { kind: "map", spec: "type inet_proto . inet_service : ipv4_addr . inet_service; counter" },
  target6: { kind: "map", spec: "type inet_proto . inet_service : ipv6_addr . inet_service; counter" },
  // One set per protocol: nft cannot concatenate the dialled port with anything.
  used_tcp: { kind: "set", spec: "type inet_service; counter" },
  used_udp: { kind: "set", spec: "type inet_service; counter" },
  restricted: { kind: "set", spec: "type inet_proto . inet_service" },
  allowed4: { kind: "set", spec: "type inet_proto . inet_service . ipv4_addr; flags interval" },
  allowed6: { kind: "set", spec: "type inet_proto . inet_service . ipv6_addr; flags interval" },
} as const;

export type SetName = keyof typeof SETS;

export interface Element {
  readonly set: SetName;
  /** Identifies the element: all that a deletion needs. */
  readonly key: string;
  /** The whole element, as an addition needs it. */
  readonly text: string;
}

/** Forward id → its traffic so far. */
export type Counters = ReadonlyMap<string, Traffic>;

/** @param traffic the counters' first values. Without it they start at 0, and nft has less to parse. */
export function elementsOf(forward: Forward, traffic?: Traffic): Element[] {
  const { id, protocol, connPort, targetAddr, targetPort, sources } = forward;
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id)) throw new Error("a forward's id must be letters, digits and dashes");
  const key = `${protocol} . ${connPort}`;
  const allowed = sources.map((source): Element => {
    const element = `${key} . ${source}`;
    return { set: isIPv6(source.split("/")[0] ?? "") ? "allowed6" : "allowed4", key: element, text: element };
  });
  const counter = (packets = 0, bytes = 0) =>
    traffic === undefined ? "" : ` counter packets ${packets} bytes ${bytes}`;
  return [
    ...allowed,
    ...(sources.length === 0 ? [] : [{ set: "restricted", key, text: key } as const]),
    {
      set: `used_${protocol}`,
      key: String(connPort),
      text: `${connPort}${counter(traffic?.packets, traffic?.bytes)} comment "${id}"`,
    },
    // Last: the port is counted before it leads anywhere, and a removal closes the way first.
    {
      set: isIPv6(targetAddr) ? "target6" : "target4",
      key,
      text: `${key}${counter(traffic?.connections)} comment "${id}" : ${targetAddr} . ${targetPort}`,
    },
  ];
}

interface JsonElement {
  readonly elem?: {
    readonly val?: unknown;
    readonly comment?: string;
    readonly counter?: { readonly packets?: number; readonly bytes?: number };
  };
}

interface JsonSet {
  readonly name?: string;
  /** A map has pairs of element and data. */
  readonly elem?: readonly (JsonElement | readonly [JsonElement, unknown])[];
}

/** The counters of all forwards in the output of `nft -j list table`, by port. */
export function listedForwards(document: unknown): ForwardCounter[] {
  const { nftables = [] } = (document ?? {}) as { nftables?: readonly Record<string, unknown>[] };
  const elements = (prefix: string) =>
    nftables.flatMap((entry) => {
      const set = (entry.set ?? entry.map) as JsonSet | undefined;
      if (set?.name?.startsWith(prefix) !== true) return [];
      return (set.elem ?? []).flatMap((item) =>
        Array.isArray(item) ? [item[0] as JsonElement] : [item as JsonElement],
      );
    });
  const connections = new Map(elements("target").map(({ elem }) => [elem?.comment, elem?.counter?.packets ?? 0]));
  return elements("used_")
    .flatMap(({ elem }) => {
      if (elem?.comment === undefined || typeof elem.val !== "number") return [];
      const { packets = 0, bytes = 0 } = elem.counter ?? {};
      return [
        { id: elem.comment, connPort: elem.val, packets, bytes, connections: connections.get(elem.comment) ?? 0 },
      ];
    })
    .sort((a, b) => a.connPort - b.connPort);
}
