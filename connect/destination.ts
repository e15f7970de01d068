/** Where a program connects to, and the forms in which programs take that. Pure. */

import { EXIT, Fault, quote } from "../base/fault.js";
import { hostInUrl } from "../net/address.js";
import type { ConnectProtocol } from "./machine-types.js";

export interface ConnectDestination {
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
  /** Accept the host key of a new machine without asking. */
  readonly acceptNew: boolean;
}

/** A program and its arguments; no shell reads them. */
export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
}

/** `203.0.113.7:50000`, `[2001:db8::7]:50000`. */
export function hostPort({ host, port }: ConnectDestination): string {
  return `${hostInUrl(host)}:${port}`;
}

/** `https://203.0.113.7:50000`, with `user@` if there is one and the scheme takes it. */
export function urlOf(scheme: string, to: ConnectDestination): string {
  const user = to.user === undefined || scheme === "https" ? "" : `${encodeURIComponent(to.user)}@`;
  return `${scheme}://${user}${hostPort(to)}`;
}

/** `ada@203.0.113.7`, or the address alone: then OpenSSH chooses the user. */
export function atHost({ host, user }: ConnectDestination): string {
  return user === undefined ? host : `${user}@${host}`;
}

/** A server's address becomes an argument, so it must not look like an option. */
export function checkHost(host: string): string {
  if (/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|[0-9A-Fa-f:.]{2,45})$/.test(host)) return host;
  throw new Fault("connect/bad-host", `the gateway says that it is at ${quote(host)}, which is not an address`);
}

/** Windows user names have domains, spaces and @ in them; none has control characters or a leading dash. */
export function checkUser(user: string): string {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_.@\\ $-]{0,127}$/u.test(user)) return user;
  throw new Fault("connect/bad-user", `${quote(user)} is not a user name`, { exit: EXIT.usage });
}

/** Names become values of OpenSSH options and names in known_hosts, where spaces and punctuation have a meaning. */
export function hostKeyAlias(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9._-]/g, (letter) => `_${letter.codePointAt(0)?.toString(16)}`);
  return `lab-${plain}`;
}
