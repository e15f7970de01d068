/**
 * Safety checks keep a broken or hijacked list from locking users out, or from letting everybody in.
 * Each check is a function from values to an error or undefined, and each has one override. Errors are
 * returned, not thrown, so that a caller may collect or show them.
 */
import { Cidr, uniqueCidrs } from "../../net/cidr.js";
import type { InstalledRule } from "../../net/ec2-rules.js";
import {
  ALL_PROTOCOLS,
  cidrSource,
  coversProtocol,
  type IngressRule,
  portSpans,
  printRule,
} from "../../net/ingress-rule.js";
import { ANY_PORTS } from "../../net/port-range.js";
import { difference, sizeOf, spansOf, union } from "../../net/ranges.js";
import type { SafetyError } from "./safety-errors.js";
import * as safetyErrors from "./safety-errors.js";

/** The checks that are off; by default, none. */
export interface Overrides {
  /** The list may be empty: all our rules go. @default false */
  readonly allowEmpty?: boolean;
  /** Fraction of the addresses that may disappear at once, 0 to 1. @default 0.5 */
  readonly maxShrink?: number;
  /** The list may have addresses that the Internet does not route. @default false */
  readonly allowPrivate?: boolean;
  /** The list may have blocks so wide that they are practically everybody. @default false */
  readonly allowEverybody?: boolean;
  /** Skip invalid addresses. @default false: refuse the whole list */
  readonly skipInvalid?: boolean;
  /** This machine may lose its access. @default false */
  readonly confirmLockout?: boolean;
}

const DEFAULT_MAX_SHRINK = 0.5;

export interface ReadAddresses {
  /** Sorted, each once. */
  readonly addresses: readonly Cidr[];
  readonly invalid: readonly string[];
}

/** Reads addresses and blocks as a list writes them, and sets invalid ones apart. */
export function readAddresses(texts: readonly string[]): ReadAddresses {
  const addresses: Cidr[] = [];
  const invalid: string[] = [];
  for (const text of texts) {
    try {
      addresses.push(Cidr.of(text.trim()));
    } catch {
      invalid.push(text);
    }
  }
  return { addresses: uniqueCidrs(addresses), invalid };
}

function checkValidity(invalid: readonly string[], overrides: Overrides = {}): SafetyError | undefined {
  const [first] = invalid;
  return first === undefined || overrides.skipInvalid ? undefined : safetyErrors.notAnAddress(first, invalid.length);
}

function checkNotEmpty(addresses: readonly Cidr[], overrides: Overrides = {}): SafetyError | undefined {
  return addresses.length > 0 || overrides.allowEmpty ? undefined : safetyErrors.emptyList();
}

/** @param before number of addresses the list gave last time, as its owner's rules show. */
export function checkShrink(before: number, after: number, overrides: Overrides = {}): SafetyError | undefined {
  // An empty list has a flag of its own.
  if (after >= before || (after === 0 && overrides.allowEmpty)) return undefined;
  const most = overrides.maxShrink ?? DEFAULT_MAX_SHRINK;
  const lost = (before - after) / before;
  return lost <= most ? undefined : safetyErrors.shrankTooMuch(before, after, most);
}

/** Blocks that IANA reserves: no packet from the Internet has such a source. */
const SET_APART = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "2001:db8::/32",
].map((text) => Cidr.parse(text));

function checkPublic(addresses: readonly Cidr[], overrides: Overrides = {}): SafetyError | undefined {
  if (overrides.allowPrivate) return undefined;
  const offender = addresses.find((cidr) => !cidr.isEverybody && (!cidr.isPublicUnicast || touchesSetApart(cidr)));
  return offender === undefined ? undefined : safetyErrors.privateAddress(offender.toString());
}

function touchesSetApart(cidr: Cidr): boolean {
  return SET_APART.some((block) => block.contains(cidr) || cidr.contains(block));
}

/** No organisation has more than a /8 of IPv4; the largest blocks of IPv6 ever given out are /16. */
const WIDEST = { 4: 8, 6: 16 } as const;
/** All IPv6 addresses that IANA has allocated. */
const GIVEN_OUT = Cidr.parse("2000::/3");
/** A list that covers more than one in so many of all addresses is not one party's own. */
const MAX_SHARE_DIVISOR = 4n;

function checkWidth(addresses: readonly Cidr[], overrides: Overrides = {}): SafetyError | undefined {
  if (overrides.allowEverybody) return undefined;
  const wide = addresses.find((cidr) => cidr.prefix < WIDEST[cidr.family] && isGivenOut(cidr));
  if (wide !== undefined) return safetyErrors.everybodyListed(wide.toString());
  for (const family of [4, 6] as const) {
    const covered = sizeOf(spansOf(addresses.filter((cidr) => cidr.family === family)));
    const all = 1n << (family === 4 ? 32n : 125n);
    if (covered * MAX_SHARE_DIVISOR > all) return safetyErrors.everybodyTogether(family);
  }
  return undefined;
}

function isGivenOut(cidr: Cidr): boolean {
  return cidr.family === 4 || GIVEN_OUT.contains(cidr) || cidr.contains(GIVEN_OUT);
}

/**
 * Checks that the caller keeps its access.
 *
 * @param callers this machine's addresses. If empty, they are unknown and nothing is refused.
 * @param revoked rules to remove.
 * @param remaining every rule afterwards, of any owner.
 */
export function checkLockout(
  callers: readonly Cidr[],
  revoked: readonly IngressRule[],
  remaining: readonly IngressRule[],
  overrides: Overrides = {},
): SafetyError | undefined {
  if (overrides.confirmLockout) return undefined;
  for (const caller of callers) {
    for (const rule of revoked) {
      if (!lets(rule, caller)) continue;
      const open = remaining.filter((other) => lets(other, caller) && coversProtocol(other, rule));
      if (difference(portSpans(rule), union(open.flatMap(portSpans))).length > 0) {
        return safetyErrors.lockout(caller.toString(), printRule(rule));
      }
    }
  }
  return undefined;
}

function lets({ source }: IngressRule, caller: Cidr): boolean {
  return source.kind === "cidr" && source.cidr.contains(caller);
}

/** As {@link checkLockout}, for the entries of a prefix list. */
export function checkListLockout(
  callers: readonly Cidr[],
  removed: readonly Cidr[],
  remaining: readonly Cidr[],
  overrides: Overrides = {},
): SafetyError | undefined {
  const asRule = (cidr: Cidr): IngressRule => ({ protocol: ALL_PROTOCOLS, ports: ANY_PORTS, source: cidrSource(cidr) });
  return checkLockout(callers, removed.map(asRule), remaining.map(asRule), overrides);
}

/** The addresses that an owner's rules let in: its list, the last time. */
export function addressesOf(rules: readonly InstalledRule[]): Set<string> {
  return new Set(rules.flatMap(({ source }) => (source.kind === "cidr" ? [source.cidr.toString()] : [])));
}

/** All checks of a list, the most helpful first. @returns the first error, if any */
export function checkList(read: ReadAddresses, before: number, overrides: Overrides = {}): SafetyError | undefined {
  const { addresses, invalid } = read;
  return (
    checkValidity(invalid, overrides) ??
    checkNotEmpty(addresses, overrides) ??
    checkWidth(addresses, overrides) ??
    checkPublic(addresses, overrides) ??
    checkShrink(before, addresses.length, overrides)
  );
}
