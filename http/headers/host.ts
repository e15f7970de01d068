/** The Host header of a request (RFC 9112, 3.2). Pure. */
import { isIPv6 } from "node:net";

/** RFC 3986's `reg-name` with an optional port. A comma is left out: it joins two hosts that a proxy received. */
const NAME = /^(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+(?::(\d*))?$/;
const LITERAL = /^\[([0-9A-Fa-f:.]+)\](?::(\d*))?$/;

/** Whether `value` is one host with an optional port. An empty value names no host, which is legal. */
export function isHost(value: string): boolean {
  if (value === "") return true;
  const literal = LITERAL.exec(value);
  const port = literal === null ? NAME.exec(value)?.[1] : literal[2];
  if (literal === null ? !NAME.test(value) : !isIPv6(literal[1] ?? "")) return false;
  return Number(port ?? "") <= 65_535;
}

/** All values of the Host header. Node's own header object keeps only the first. */
export function hostsIn(rawHeaders: readonly string[]): string[] {
  const hosts: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") hosts.push(rawHeaders[i + 1] ?? "");
  }
  return hosts;
}
