/** The peer of a socket, as logs and limits name it. */
import type { Socket } from "node:net";

/** An IPv4 caller on a dual-stack socket is the same caller. */
export function remoteOf(socket: Pick<Socket, "remoteAddress">): string {
  const address = socket.remoteAddress ?? "";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** The part of an address that one client cannot change at will: an IPv4 address, or the first 64 bits of IPv6. */
export function callerOf(remote: string): string {
  if (!remote.includes(":")) return remote;
  const [head = "", tail] = remote.split("%", 1)[0]?.split("::") ?? [];
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return `${[...before, ...Array<string>(Math.max(0, zeros)).fill("0"), ...after].slice(0, 4).join(":")}::/64`;
}
