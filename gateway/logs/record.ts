/** One packet that the gateway forwarded or dropped, as it is delivered. Values only. */

/** The content of a log line. */
export interface Packet {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Canonical addresses. */
  readonly source: string;
  readonly target: string;
  /** "tcp", "udp", "icmp", "icmpv6", or the number of another protocol. */
  readonly protocol: string;
  readonly sourcePort?: number;
  readonly targetPort?: number;
  /** Interfaces; empty if the packet came from, or went to, the gateway itself. */
  readonly in: string;
  readonly out: string;
}

/** The user and the forward of a packet, as far as they are known. */
export interface ForwardRef {
  readonly user?: string;
  readonly forwardId?: string;
  readonly connPort?: number;
}

/** One line of JSON without a newline. `id` is the same for each reading and delivery of the same log line; `id` and `time` come first, where {@link idAndTime} finds them. */
export function recordJson(id: string, packet: Packet, forwardRef: ForwardRef): string {
  // The parsers have checked the addresses and the protocol, so they need no escaping.
  let json = `{"id":"${id}","time":${packet.time},"source":"${packet.source}","target":"${packet.target}","protocol":"${packet.protocol}"`;
  if (packet.sourcePort !== undefined) json += `,"sourcePort":${packet.sourcePort}`;
  if (packet.targetPort !== undefined) json += `,"targetPort":${packet.targetPort}`;
  json += `,"in":${JSON.stringify(packet.in)},"out":${JSON.stringify(packet.out)}`;
  if (forwardRef.user !== undefined) json += `,"user":${JSON.stringify(forwardRef.user)}`;
  if (forwardRef.forwardId !== undefined) json += `,"forwardId":${JSON.stringify(forwardRef.forwardId)}`;
  if (forwardRef.connPort !== undefined) json += `,"connPort":${forwardRef.connPort}`;
  return `${json}}`;
}

/** The two members of a record that stay in the clear when the rest is encrypted. */
export function idAndTime(json: string): { readonly id: string; readonly time: number } {
  const id = json.slice(7, json.indexOf('"', 7));
  return { id, time: Number.parseInt(json.slice(7 + id.length + 9), 10) };
}
