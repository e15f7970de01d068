/** The flags of `firewall sync` as values; everything that can be refused without a network is refused here. */
import { hostname, userInfo } from "node:os";
import { defined } from "../../base/defined.js";
import { parseDuration } from "../../base/text/duration.js";
import { reservedOwner } from "../../firewall/errors.js";
import { formatMark, LEASE_OWNER } from "../../firewall/security-group/mark.js";
import type { Permits } from "../../firewall/security-group/safety-checks.js";
import type { SyncTarget } from "../../firewall/security-group/sync.js";
import type { ListSource } from "../../firewall/sources/list-source.js";
import { ownerOf } from "../../firewall/sources/owner.js";
import { parseSource } from "../../firewall/sources/parse-source.js";
import { type ListenAddress, parseListen } from "../../http/server/listen-address.js";
import type { CredentialFlags } from "./credentials.js";
import * as errors from "./errors.js";
import { parsePorts } from "./ports.js";

export interface SyncFlags extends CredentialFlags {
  readonly source: string[];
  readonly group?: string[];
  readonly port?: string[];
  readonly protocol: "tcp" | "udp";
  readonly prefixList?: string[];
  readonly owner?: string;
  readonly family?: "4" | "6";
  readonly region?: string;
  readonly quota?: string;
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly watch?: string;
  readonly listen?: string;
  readonly allowEmpty?: boolean;
  readonly maxShrink?: string;
  readonly allowPrivate?: boolean;
  readonly allowEverybody?: boolean;
  readonly skipInvalid?: boolean;
  readonly confirmLockout?: boolean;
}

export interface SyncSettings {
  readonly sources: readonly ListSource[];
  readonly targets: readonly SyncTarget[];
  readonly owner: string;
  readonly permits: Permits;
  readonly family?: 4 | 6;
  readonly quota?: number;
  readonly watch?: { readonly everyMs: number; readonly listen?: ListenAddress };
}

/** Sources ask others for their lists; oftener than this is impolite, and nothing follows it faster. */
const SHORTEST_WATCH_MS = 5_000;

export function readSyncFlags(flags: SyncFlags): SyncSettings {
  const sources = flags.source.map(parseSource);
  const watch = watchOf(flags);
  return defined({
    sources,
    targets: targetsOf(flags),
    owner: ownerName(flags.owner ?? defaultOwner(sources)),
    permits: permitsOf(flags),
    family: flags.family === undefined ? undefined : flags.family === "4" ? 4 : 6,
    quota: flags.quota === undefined ? undefined : wholeNumber(flags.quota, 1, 1_000, errors.badQuota),
    watch,
  });
}

function targetsOf({ group = [], port = [], prefixList = [], protocol }: SyncFlags): SyncTarget[] {
  if (group.length + prefixList.length === 0) throw errors.noTarget();
  if (group.length > 0 && port.length === 0) throw errors.groupWithoutPort();
  if (group.length === 0 && port.length > 0) throw errors.portWithoutGroup();
  const ports = parsePorts(port);
  return [
    ...group.map((groupId): SyncTarget => ({ kind: "group", groupId, protocol, ports })),
    ...prefixList.map((prefixListId): SyncTarget => ({ kind: "prefix-list", prefixListId })),
  ];
}

function permitsOf(flags: SyncFlags): Permits {
  const { allowEmpty = false, allowPrivate = false, allowEverybody = false } = flags;
  const { skipInvalid = false, confirmLockout = false, maxShrink } = flags;
  const permits = { allowEmpty, allowPrivate, allowEverybody, skipInvalid, confirmLockout };
  return maxShrink === undefined
    ? permits
    : { ...permits, maxShrink: wholeNumber(maxShrink, 0, 100, errors.badPercent) / 100 };
}

function watchOf({ watch, listen, dryRun, check }: SyncFlags): SyncSettings["watch"] {
  if (watch === undefined) {
    if (listen !== undefined) throw errors.listenWithoutWatch();
    return undefined;
  }
  if (dryRun || check) throw errors.watchAndPlan(dryRun ? "--dry-run" : "--check");
  const everyMs = parseDuration(watch);
  if (everyMs < SHORTEST_WATCH_MS) throw errors.tooShort("--watch", watch, "5s");
  return defined({ everyMs, listen: listen === undefined ? undefined : parseListen(listen) });
}

function ownerName(name: string): string {
  if (name === LEASE_OWNER) throw reservedOwner(name);
  formatMark({ owner: name });
  return name;
}

function defaultOwner(sources: readonly ListSource[]): string {
  const [source, ...others] = sources;
  if (source === undefined || others.length > 0) throw errors.noOwner(sources.map(({ name }) => name));
  return ownerOf(source, `${userInfo().username}.${hostname()}`);
}

function wholeNumber(text: string, least: number, most: number, refuse: (text: string) => Error): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (number < least || number > most) throw refuse(text);
  return number;
}
