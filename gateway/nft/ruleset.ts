/**
 * The private table as nft text. Forwards are elements of its maps, so the rules stay the same while the gateway
 * runs. Pure.
 */
import type { Forward } from "../forwards/forward.js";
import type { Counters } from "./elements.js";
import { elementsOf, SETS, type SetName } from "./elements.js";
import type { KernelOptions } from "./kernel.js";

export const TABLE = "inet sallyport";

/** @returns one transaction that replaces the whole table, whether it exists or not. */
export function tableText(options: KernelOptions, forwards: readonly Forward[], counters: Counters): string {
  return [
    `add table ${TABLE}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    ...sets(forwards, counters),
    ...chains(options),
    "}",
    "",
  ].join("\n");
}

function sets(forwards: readonly Forward[], counters: Counters): string[] {
  const elements = forwards.flatMap((forward) => elementsOf(forward, counters.get(forward.id)));
  const textOf = new Map<SetName, string[]>();
  for (const { set, text } of elements) {
    const known = textOf.get(set);
    if (known === undefined) textOf.set(set, [text]);
    else known.push(text);
  }
  return (Object.keys(SETS) as SetName[]).flatMap((name) => {
    const { kind, spec } = SETS[name];
    const own = textOf.get(name);
    return [`${kind} ${name} { ${spec}; ${own === undefined ? "" : `elements = { ${own.join(", ")} }; `}}`];
  });
}

function chains(options: KernelOptions): string[] {
  const { wan, lan, labNetworks, ownPorts, ports, logGroup } = options;
  const range = `${ports.min}-${ports.max}`;
  const from = quote(lan);
  const out = quote(wan);
  const lab = [
    ["ip", labNetworks.filter(({ family }) => family === 4)],
    ["ip6", labNetworks.filter(({ family }) => family === 6)],
  ] as const;
  const perFamily = (rule: (family: "ip" | "ip6", networks: string) => string) =>
    lab.flatMap(([family, networks]) => (networks.length === 0 ? [] : [rule(family, `{ ${networks.join(", ")} }`)]));
  // The port that the client dialled, for packets of both directions.
  const dialled = (set: string, statement = "") =>
    ["tcp", "udp"].map((protocol) => `meta l4proto ${protocol} ct original proto-dst @${set}_${protocol} ${statement}`);
  return [
    "chain prerouting {",
    "type nat hook prerouting priority dstnat; policy accept;",
    // Packets to the gateway itself from either side: a lab machine reaches another by the same address (hairpin).
    `fib daddr type local meta l4proto { tcp, udp } th dport ${range} jump forwards`,
    "}",
    "chain forwards {",
    "meta l4proto . th dport @restricted meta nfproto ipv4 meta l4proto . th dport . ip saddr != @allowed4 return",
    "meta l4proto . th dport @restricted meta nfproto ipv6 meta l4proto . th dport . ip6 saddr != @allowed6 return",
    // A late packet of an ended connection must not open a connection to the port's new forward.
    "meta l4proto tcp tcp flags & (fin | syn | rst | ack) != syn return",
    "meta nfproto ipv4 dnat ip to meta l4proto . th dport map @target4",
    "meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @target6",
    "}",
    "chain postrouting {",
    "type nat hook postrouting priority srcnat; policy accept;",
    ...perFamily((family, networks) => `oifname ${out} ${family} saddr ${networks} masquerade`),
    // Without it, the answer would bypass the gateway and reach a machine that never asked for it.
    ...perFamily((family, networks) => `oifname ${from} ct status dnat ${family} saddr ${networks} masquerade`),
    "}",
    "chain forward {",
    "type filter hook forward priority filter; policy drop;",
    "ct state invalid drop",
    "ct status dnat jump revoked",
    "ct status dnat jump used",
    "ct state established,related accept",
    `ct state new log prefix "sallyport" group ${logGroup}`,
    `ct status dnat oifname ${from} jump forwarded`,
    ...perFamily((family, networks) => `iifname ${from} oifname ${out} ${family} saddr ${networks} accept`),
    "}",
    // Connections without a forward, however it was removed. The client's next packet gets a reset, so that the client
    // learns of the removal. Until then, TCP from the lab passes, because it makes a silent client send.
    "chain revoked {",
    "tcp flags rst return",
    "ct direction original meta l4proto tcp ct original proto-dst != @used_tcp reject with tcp reset",
    "ct direction original meta l4proto udp ct original proto-dst != @used_udp reject",
    "ct direction reply meta l4proto udp ct original proto-dst != @used_udp drop",
    "}",
    // A look-up counts the packet at the element that it finds.
    "chain used {",
    ...dialled("used"),
    "}",
    "chain forwarded {",
    ...dialled("used", "accept"),
    "}",
    "chain input {",
    "type filter hook input priority filter; policy drop;",
    "ct state established,related accept",
    'iifname "lo" accept',
    "icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept",
    "meta l4proto ipv6-icmp accept",
    ...(ownPorts.length === 0 ? [] : [`tcp dport { ${ownPorts.join(", ")} } accept`]),
    `tcp dport ${range} tcp flags & (syn | rst) == 0x0 reject with tcp reset`,
    "}",
  ];
}

/** An interface name in nft's quotes. The settings admit only names that need no escaping. */
function quote(name: string): string {
  if (!/^[A-Za-z0-9_.:-]{1,15}$/.test(name)) throw new Error(`"${name}" is no interface name`);
  return `"${name}"`;
}
