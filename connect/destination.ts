/** What a program has to be told of where it is to go, and how it writes that. Pure. */
import { EXIT, Fault, quote } from "../base/fault.js";
import type { ConnectProtocol } from "./machine-types.js";

export interface Destination {
  readonly protocol: ConnectProtocol;
  /** The machine's name in the lab. */
  readonly name: string;
  /** Address or DNS name of the gateway. */
  readonly host: string;
  /** Port of the gateway. */
  readonly port: number;
  /** User on the machine. */
  readonly user: string | undefined;
  /** known_hosts file of lab machines. */
  readonly knownHosts: string;
  /** Take the host key of a machine that was never met without asking. */
  readonly acceptNew: boolean;
}

/** A program and its arguments: handed over as they are, never to a shell. */
export interface Plan {
  readonly program: string;
  readonly args: readonly string[];
}

/** `203.0.113.7:50000`, `[2001:db8::7]:50000`. */
export function hostPort({ host, port }: Destination): string {
  return `${bracketed(host)}:${port}`;
}

/** `https://203.0.113.7:50000`, with `user@` where there is one and the scheme wants it. */
export function urlOf(scheme: string, to: Destination): string {
  const user = to.user === undefined || scheme === "https" ? "" : `${encodeURIComponent(to.user)}@`;
  return `${scheme}://${user}${hostPort(to)}`;
}

/** `ada@203.0.113.7`, or the address alone: then OpenSSH decides. */
export function atHost({ host, user }: Destination): string {
  return user === undefined ? host : `${user}@${host}`;
}

export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** An address that a server told us becomes an argument: it must not be an option. */
export function checkHost(host: string): string {
  if (/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|[0-9A-Fa-f:.]{2,45})$/.test(host)) return host;
  throw new Fault("connect/bad-host", `the gateway says that it is at ${quote(host)}, which is no address`);
}

/** Windows users have domains, spaces and @ in them; control characters and a leading dash nobody has. */
export function checkUser(user: string): string {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_.@\\ $-]{0,127}$/u.test(user)) return user;
  throw new Fault("connect/bad-user", `${quote(user)} is no user name`, { exit: EXIT.usage });
}

/** Names become values of OpenSSH options and names in known_hosts, where spaces and signs mean something. */
export function hostKeyAlias(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9._-]/g, (letter) => `_${letter.codePointAt(0)?.toString(16)}`);
  return `lab-${plain}`;
}
