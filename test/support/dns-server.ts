/** A real name server on loopback: answers A and AAAA questions from a table, over UDP. */
import { createSocket } from "node:dgram";

export interface Zone {
  readonly A?: readonly string[] | "servfail";
  readonly AAAA?: readonly string[] | "servfail";
}

export interface DnsServer {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly zones: Record<string, Zone>;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<number, "A" | "AAAA">> = { 1: "A", 28: "AAAA" };
const NXDOMAIN = 3;
const SERVFAIL = 2;

export async function startDnsServer(zones: Record<string, Zone>): Promise<DnsServer> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => socket.send(answer(query, zones), from.port, from.address));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    zones,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function answer(query: Buffer, zones: Record<string, Zone>): Buffer {
  const { name, end } = questionName(query);
  const type = TYPES[query.readUInt16BE(end)];
  const zone = zones[name.toLowerCase()];
  const records = type === undefined ? [] : (zone?.[type] ?? []);
  const code = zone === undefined ? NXDOMAIN : records === "servfail" ? SERVFAIL : 0;
  const addresses = records === "servfail" ? [] : records;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([header, query.subarray(12, end + 4), ...addresses.map(record)]);
}

function questionName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join("."), end: at + 1 };
}

function record(address: string): Buffer {
  const isV6 = address.includes(":");
  const data = isV6 ? ipv6Bytes(address) : Buffer.from(address.split(".").map(Number));
  const head = Buffer.alloc(12);
  // The name is that of the question.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(isV6 ? 28 : 1, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [left = "", right = ""] = address.split("::");
  const groups = (text: string) => text.split(":").filter(Boolean);
  const zeros = 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...Array<string>(zeros).fill("0"), ...groups(right)];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
