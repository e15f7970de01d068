/**
 * Parses ulogd2's JSON output for NFLOG, from the stack
 * `NFLOG, BASE, IFINDEX, IP2STR, JSON`.
 */

import { defined } from "../../../base/defined.js";
import type { Packet } from "../record.js";
import { canonicalAddress } from "./address.js";
import { protocolName } from "./parse-kernel-line.js";
import { type TimestampOptions, timestampReader } from "./timestamp.js";

/** Names of IANA protocol numbers, as the kernel's log has them. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: "icmp",
  6: "tcp",
  17: "udp",
  47: "gre",
  50: "esp",
  51: "ah",
  58: "icmpv6",
  132: "sctp",
  136: "udplite",
};

/** @returns a parser of single lines, which returns undefined for lines about something else than a packet. */
export function ulogdParser(options: TimestampOptions = {}): (line: string) => Packet | undefined {
  const readTimestamp = timestampReader(options);
  return (line) => {
    const fields = readObject(line);
    if (fields === undefined) return undefined;
    const source = canonicalAddress(textOf(fields.src_ip));
    const target = canonicalAddress(textOf(fields.dest_ip));
    const number = fields["ip.protocol"];
    const protocol = typeof number === "number" ? (PROTOCOLS[number] ?? protocolName(String(number))) : undefined;
    const time = timeOf(fields) ?? readTimestamp(textOf(fields.timestamp))?.time;
    if (source === undefined || target === undefined || protocol === undefined || time === undefined) return undefined;
    const sourcePort = portOf(fields.src_port);
    const targetPort = portOf(fields.dest_port);
    return defined({
      time,
      source,
      target,
      protocol,
      sourcePort,
      targetPort,
      in: textOf(fields["oob.in"]),
      out: textOf(fields["oob.out"]),
    });
  };
}

/** The packet's own time. The field `timestamp` is local time without its zone. */
function timeOf(fields: Record<string, unknown>): number | undefined {
  const seconds = fields["oob.time.sec"];
  const micros = fields["oob.time.usec"];
  // ulogd writes 0 if the kernel gave no time.
  if (typeof seconds !== "number" || seconds <= 0) return undefined;
  return seconds * 1000 + (typeof micros === "number" ? Math.floor(micros / 1000) : 0);
}

function readObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown) => (typeof value === "string" ? value : "");

const portOf = (value: unknown) =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535 ? value : undefined;
