/**
 * Parses the kernel's packet log, as a syslog daemon or ulogd's LOGEMU writes it. Finds the needed fields by `indexOf`
 * instead of splitting the line, since most of a line is not needed.
 */

import { defined } from "../../../base/defined.js";
import type { Packet } from "../record.js";
import { canonicalAddress } from "./address.js";
import { type TimestampOptions, timestampReader } from "./timestamp.js";

/** @returns a parser of single lines, which returns undefined for lines about something else than a packet. */
export function kernelLineParser(options: TimestampOptions = {}): (line: string) => Packet | undefined {
  const readTimestamp = timestampReader(options);
  return (line) => {
    // Most other lines of a kernel log end here.
    const at = line.indexOf(" SRC=");
    if (at === -1) return undefined;
    const stamp = readTimestamp(line);
    if (stamp === undefined || stamp.end > at) return undefined;
    const source = canonicalAddress(valueAt(line, at + 5));
    const target = canonicalAddress(value(line, " DST=", at) ?? "");
    const protocol = protocolName(value(line, " PROTO=", at));
    if (source === undefined || target === undefined || protocol === undefined) return undefined;
    const sourcePort = portNumber(value(line, " SPT=", at));
    const targetPort = portNumber(value(line, " DPT=", at));
    return defined({
      time: stamp.time,
      source,
      target,
      protocol,
      sourcePort,
      targetPort,
      in: interfaceOf(line, "IN=", stamp.end),
      out: interfaceOf(line, " OUT=", stamp.end),
    });
  };
}

function value(line: string, name: string, from: number): string | undefined {
  const at = line.indexOf(name, from);
  return at === -1 ? undefined : valueAt(line, at + name.length);
}

function valueAt(line: string, start: number): string {
  const end = line.indexOf(" ", start);
  return line.slice(start, end === -1 ? line.length : end);
}

/** The log prefix may end right before IN=, without a space. */
const interfaceOf = (line: string, name: string, from: number) => {
  const text = value(line, name, from) ?? "";
  return /^[\w.:@-]{0,15}$/.test(text) ? text : "";
};

export function protocolName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text === "TCP") return "tcp";
  if (text === "UDP") return "udp";
  const lower = text.toLowerCase();
  return /^[a-z0-9-]{1,16}$/.test(lower) ? lower : undefined;
}

function portNumber(text: string | undefined): number | undefined {
  const port = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
}
