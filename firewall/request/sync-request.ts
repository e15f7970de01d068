/** The flags of `sallyport firewall sync` as values. Every refusal that needs no network happens here. */
import { hostname, userInfo } from "node:os";
import { defined } from "../../base/defined.js";
import { parseDuration } from "../../base/text/duration.js";
import { type ListenAddress, parseListen } from "../../http/server/listen-address.js";
import { reservedOwner } from "../errors.js";
import { formatMark, LEASE_OWNER } from "../security-group/mark.js";
import type { Overrides } from "../security-group/safety-checks.js";
import type { SyncTarget } from "../security-group/sync.js";
import type { ListSource } from "../sources/list-source.js";
import { ownerOf } from "../sources/owner.js";
import { parseSource } from "../sources/parse-source.js";
import type { CredentialRequest } from "./credentials.js";
import * as errors from "./errors.js";
import { parsePorts } from "./ports.js";

export interface SyncRequest extends CredentialRequest {
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

export interface ParsedSync {
  readonly sources: readonly ListSource[];
  readonly targets: readonly SyncTarget[];
  readonly owner: string;
  readonly overrides: Overrides;
  readonly family?: 4 | 6;
  readonly quota?: number;
  readonly watch?: { readonly intervalMs: number; readonly listen?: ListenAddress };
}

/** Polling a source more often is impolite, and no rule needs it. */
const MIN_WATCH_MS = 5_000;

export function parseSyncRequest(request: SyncRequest): ParsedSync {
  const sources = request.source.map(parseSource);
  const watch = watchOf(request);
  return defined({
    sources,
    targets: targetsOf(request),
    owner: ownerName(request.owner ?? defaultOwner(sources)),
    overrides: overridesOf(request),
    family: request.family === undefined ? undefined : request.family === "4" ? 4 : 6,
    quota: request.quota === undefined ? undefined : wholeNumber(request.quota, 1, 1_000, errors.badQuota),
    watch,
  });
}

function targetsOf({ group = [], port = [], prefixList = [], protocol }: SyncRequest): SyncTarget[] {
  if (group.length + prefixList.length === 0) throw errors.noTarget();
  if (group.length > 0 && port.length === 0) throw errors.groupWithoutPort();
  if (group.length === 0 && port.length > 0) throw errors.portWithoutGroup();
  const ports = parsePorts(port);
  return [
    ...group.map((groupId): SyncTarget => ({ kind: "group", groupId, protocol, ports })),
    ...prefixList.map((prefixListId): SyncTarget => ({ kind: "prefix-list", prefixListId })),
  ];
}

function overridesOf(request: SyncRequest): Overrides {
  const { allowEmpty = false, allowPrivate = false, allowEverybody = false } = request;
  const { skipInvalid = false, confirmLockout = false, maxShrink } = request;
  const overrides = { allowEmpty, allowPrivate, allowEverybody, skipInvalid, confirmLockout };
  return maxShrink === undefined
    ? overrides
    : { ...overrides, maxShrink: wholeNumber(maxShrink, 0, 100, errors.badPercent) / 100 };
}

function watchOf({ watch, listen, dryRun, check }: SyncRequest): ParsedSync["watch"] {
  if (watch === undefined) {
    if (listen !== undefined) throw errors.listenWithoutWatch();
    return undefined;
  }
  if (dryRun || check) throw errors.watchAndPlan(dryRun ? "--dry-run" : "--check");
  const intervalMs = parseDuration(watch);
  if (intervalMs < MIN_WATCH_MS) throw errors.tooShort("--watch", watch, "5s");
  return defined({ intervalMs, listen: listen === undefined ? undefined : parseListen(listen) });
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
