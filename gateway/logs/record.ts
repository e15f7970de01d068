/** One packet that the gateway let through or turned away, as it is delivered. Values only. */

/** What a line of the log says. */
export interface Packet {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Canonical addresses. */
  readonly source: string;
  readonly target: string;
  /** "tcp", "udp", "icmp", "icmpv6", or the number of any other. */
  readonly protocol: string;
  readonly sourcePort?: number;
  readonly targetPort?: number;
  /** Interfaces; empty where the packet came from, or went to, the gateway itself. */
  readonly in: string;
  readonly out: string;
}

/** Whose packet it was, as far as that can be told. */
export interface ForwardRef {
  readonly user?: string;
  readonly forwardId?: string;
  readonly connPort?: number;
}

export interface LogRecord extends Packet, ForwardRef {
  /** The same line of the same file has the same id, however often it is read or delivered. */
  readonly id: string;
}

/** One line of JSON without its newline; `id` and `time` come first, where {@link idAndTime} finds them. */
export function recordJson(id: string, packet: Packet, forwardRef: ForwardRef): string {
  // The addresses and the protocol were checked by whoever read them, so nothing in them needs escaping.
  let json = `{"id":"${id}","time":${packet.time},"source":"${packet.source}","target":"${packet.target}","protocol":"${packet.protocol}"`;
  if (packet.sourcePort !== undefined) json += `,"sourcePort":${packet.sourcePort}`;
  if (packet.targetPort !== undefined) json += `,"targetPort":${packet.targetPort}`;
  json += `,"in":${JSON.stringify(packet.in)},"out":${JSON.stringify(packet.out)}`;
  if (forwardRef.user !== undefined) json += `,"user":${JSON.stringify(forwardRef.user)}`;
  if (forwardRef.forwardId !== undefined) json += `,"forwardId":${JSON.stringify(forwardRef.forwardId)}`;
  if (forwardRef.connPort !== undefined) json += `,"connPort":${forwardRef.connPort}`;
  return `${json}}`;
}

/** The two facts of a delivered line that stay in clear when the rest is encrypted. */
export function idAndTime(json: string): { readonly id: string; readonly time: number } {
  const id = json.slice(7, json.indexOf('"', 7));
  return { id, time: Number.parseInt(json.slice(7 + id.length + 9), 10) };
}
