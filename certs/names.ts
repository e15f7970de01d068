/** The names in a certificate: each is a DNS name or an IP address, validated once and canonical. */
import { isIP, SocketAddress } from "node:net";
import { badName } from "./errors.js";

export interface CertificateNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

/** Most verifiers match no host with it. A client that trusts exactly this certificate needs no name. */
export const WILDCARD = "*";

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
// A last label of digits alone would be read as a mistyped IPv4 address.
const DNS = new RegExp(`^(?:\\*\\.)?(?:${LABEL}\\.)*(?!\\d+$)${LABEL}$`);

/** Splits names into DNS names and IP addresses, canonical, without duplicates, in their order. */
export function sortNames(names: readonly string[]): CertificateNames {
  const dns = new Set<string>();
  const ip = new Set<string>();
  for (const name of names) {
    const address = canonicalIp(name);
    if (address === undefined) dns.add(dnsName(name));
    else ip.add(address);
  }
  return { dns: [...dns], ip: [...ip] };
}

/**
 * The canonical form of an IP address, or undefined if it is none. Certificates cannot carry zones (`fe80::1%eth0`).
 */
export function canonicalIp(text: string): string | undefined {
  const family = isIP(text);
  if (family === 0 || text.includes("%")) return undefined;
  return family === 4 ? text : new SocketAddress({ address: text, family: "ipv6" }).address;
}

function dnsName(text: string): string {
  const name = text.toLowerCase();
  if (name === WILDCARD || (name.length <= 253 && DNS.test(name))) return name;
  throw badName(text);
}
