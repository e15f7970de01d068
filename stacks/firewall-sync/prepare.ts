/** Turns `firewall_sync:` into the inputs of its stack, and checks everything before anything is created. */

import { defined } from "../../base/defined.js";
import type { FirewallSyncConfig, LoadedConfig } from "../../config/load.js";
import type { SyncSettings } from "../../firewall/lambda/settings.js";
import { formatMark, LEASE_OWNER } from "../../firewall/security-group/mark.js";
import type { SyncTarget } from "../../firewall/security-group/sync.js";
import type { ListSource } from "../../firewall/sources/list-source.js";
import { ownerOf } from "../../firewall/sources/owner.js";
import { parseSource } from "../../firewall/sources/parse-source.js";
import type { PortRange } from "../../net/port-range.js";
import { readOutputs } from "../accelerator-hosts/outputs.js";
import type { PrepareOptions } from "../prepare/options.js";
import { taggedTarget } from "../prepare/target.js";
import { buildSyncBundle } from "./bundle.js";
import * as errors from "./errors.js";
import type { FirewallSyncInputs } from "./inputs.js";

/** @throws Fault (exit status 2) for a bad value; `stacks/no-sync` without `firewall_sync:`. */
export async function prepareSync(
  loaded: LoadedConfig,
  options: Pick<PrepareOptions, "env" | "create" | "runtime">,
): Promise<FirewallSyncInputs> {
  const written = loaded.config.firewall_sync;
  if (written === undefined) throw errors.noSync();
  const place = (part: keyof FirewallSyncConfig) => loaded.placeOf(`/firewall_sync/${part}`);
  const sources = [written.source ?? []].flat().map((text) => remoteSource(text, place("source")));
  const targets = await targetsOf(loaded, written, sources.length > 0, place("groups"));
  return {
    ...(await taggedTarget(loaded, options)),
    settings: {
      sources: [written.source ?? []].flat(),
      targets,
      owner: ownerName(written, sources, place),
      permits: permitsOf(written),
      ...defined({ family: written.family, quota: written.quota }),
      ...credentialsOf(written, sources, place),
    },
    schedule: rateOf(written.every ?? "5m"),
    logRetentionDays: written.log_retention_days ?? 30,
    bundle: await buildSyncBundle(
      defined({
        env: options.env,
        dir: options.runtime?.bundle,
      }),
    ),
  };
}

/** A function cannot see local files, and its own address has no meaning in the lists. */
function remoteSource(text: string, where: string): ListSource {
  const source = parseSource(text);
  if (source.kind === "caller" || "path" in source) throw errors.localSource(where, source.name);
  return source;
}

async function targetsOf(
  loaded: LoadedConfig,
  { groups = [], prefix_lists = [] }: FirewallSyncConfig,
  follows: boolean,
  where: string,
): Promise<SyncTarget[]> {
  if (groups.length + (follows ? prefix_lists.length : 0) === 0) throw errors.syncsNothing(where);
  const ofGroups = groups.map(async ({ group, ports = [], protocol = "tcp" }, index): Promise<SyncTarget> => {
    const at = loaded.placeOf(`/firewall_sync/groups/${index}`);
    if (follows && ports.length === 0) throw errors.groupWithoutPorts(at, group);
    const groupId = group === "hosts" ? (await readOutputs(loaded)).security_group_id : group;
    return { kind: "group", groupId, protocol, ports: ports.map((port) => portRange(port, at)) };
  });
  const lists = prefix_lists.map((prefixListId): SyncTarget => ({ kind: "prefix-list", prefixListId }));
  return [...(await Promise.all(ofGroups)), ...lists];
}

function portRange(port: number | string, where: string): PortRange {
  const [from = 0, to = from] = String(port).split("-").map(Number);
  if (from < 1 || to > 65_535 || to < from) throw errors.badPortRange(where, String(port));
  return { from, to };
}

function ownerName(
  { owner }: FirewallSyncConfig,
  sources: readonly ListSource[],
  place: (part: keyof FirewallSyncConfig) => string,
): string {
  const [source, ...others] = sources;
  if (owner === undefined && others.length > 0) throw errors.noSyncOwner(place("source"), sources.length);
  // A function that only ends leases has no list and leaves no mark.
  const name = owner ?? (source === undefined ? "leases" : ownerOf(source, ""));
  if (name === LEASE_OWNER) throw errors.reservedSyncOwner(place("owner"), name);
  formatMark({ owner: name });
  return name;
}

function permitsOf(written: FirewallSyncConfig): SyncSettings["permits"] {
  const { allow_empty, allow_private, allow_everybody, skip_invalid, max_shrink } = written;
  return defined({
    allowEmpty: allow_empty,
    allowPrivate: allow_private,
    allowEverybody: allow_everybody,
    skipInvalid: skip_invalid,
    maxShrink: max_shrink === undefined ? undefined : max_shrink / 100,
  });
}

/** A secret may be sent only to the single source that it belongs to. */
function credentialsOf(
  { token_parameter: token, basic_parameter: basic }: FirewallSyncConfig,
  sources: readonly ListSource[],
  place: (part: keyof FirewallSyncConfig) => string,
): Pick<SyncSettings, "credentials"> {
  if (token === undefined && basic === undefined) return {};
  const where = place(token === undefined ? "basic_parameter" : "token_parameter");
  if (token !== undefined && basic !== undefined) throw errors.twoSyncCredentials(where);
  if (sources.filter((source) => "url" in source).length !== 1) throw errors.credentialsForOne(where);
  return {
    credentials: token === undefined ? { kind: "basic", parameter: basic ?? "" } : { kind: "bearer", parameter: token },
  };
}

/** EventBridge counts in whole minutes, hours or days, and requires the singular for one of them. */
function rateOf(every: string): string {
  const [, number = "5", letter = "m"] = /^(\d+)([mhd])$/.exec(every) ?? [];
  const unit = { m: "minute", h: "hour", d: "day" }[letter as "m" | "h" | "d"];
  return `rate(${number} ${unit}${number === "1" ? "" : "s"})`;
}
