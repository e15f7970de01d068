/** Checks the keys about hosts: finds contradictions, and keys that would have no effect. */
import { doesNothing, fleetSize, noHosts, notTogether, oneExecutor, sameHostTwice } from "../errors.js";
import type { Merged } from "../merge.js";
import { pointerPath, pointerStep } from "../origin.js";
import { type HostOverride, STOP_MODES } from "../schema/hosts.js";
import type { ConfigFile, ConfigKey } from "../schema.js";

type Key = keyof ConfigFile & ConfigKey;

/** @throws Fault for the first contradiction. */
export function checkHosts(merged: Merged): void {
  checkWays(merged);
  checkFleet(merged);
  checkExisting(merged);
  checkStopping(merged);
  checkNetwork(merged);
  checkGroup(merged);
  checkRole(merged);
  checkAccelerators(merged);
}

const isGiven = ({ origins }: Merged, key: Key) => origins[key].layer !== "default";
const place = ({ sources }: Merged, pointer: string) =>
  sources[(pointer.split("/")[1] ?? "") as Key]?.where(pointer) ?? "built in";

/** Only one key may define which hosts there are. */
function checkWays(merged: Merged): void {
  const ways = (["hosts", "fleet", "instance_id", "host_ip", "count"] as const).filter((key) => isGiven(merged, key));
  const [first, second] = ways;
  if (first === undefined || second === undefined) return;
  const remedy =
    first === "hosts" && (second === "instance_id" || second === "host_ip")
      ? `keep one of the two; an existing host may be one of hosts: { my-host: { ${second}: … } }`
      : "keep one of the two: each says which hosts there are";
  throw notTogether(merged.origins[second].where, second, first, merged.origins[first].where, remedy);
}

/** The private network brings its own VPC and subnets. */
function checkNetwork(merged: Merged): void {
  const other = (["vpc_id", "subnet_id"] as const).find((key) => isGiven(merged, key));
  if (merged.values.network === undefined || other === undefined) return;
  const { network, [other]: own } = merged.origins;
  throw notTogether(own.where, other, "network", network.where, "keep one of the two: each says where the hosts live");
}

function checkFleet(merged: Merged): void {
  const { fleet, spot } = merged.values;
  if (fleet === undefined) return;
  const { min = 0, max, desired = min } = fleet;
  const wrong = [
    ["min", min, "at most max"],
    ["desired", desired, min > desired ? "at least min" : "at most max"],
  ] as const;
  for (const [key, value, bound] of wrong) {
    if (value > max || (key === "desired" && value < min)) {
      throw fleetSize(place(merged, `/fleet/${key}`), `fleet.${key}`, value, bound);
    }
  }
  const own = merged.origins.fleet.where;
  if (spot !== undefined && spot !== false) {
    throw notTogether(
      merged.origins.spot.where,
      "spot",
      "fleet",
      own,
      "a fleet has spot_percentage: fleet: { …, spot_percentage: 100 }",
    );
  }
  const { autostop } = merged.values;
  if (autostop !== undefined && autostop !== false) {
    throw notTogether(
      merged.origins.autostop.where,
      "autostop",
      "fleet",
      own,
      "Auto Scaling replaces a machine that ends itself; lower fleet.desired, or use hosts:",
    );
  }
  if (stopMode(merged.values) === "stop") {
    throw notTogether(
      merged.origins.stop_mode.where,
      "stop_mode: stop",
      "fleet",
      own,
      "Auto Scaling replaces a machine that stops; write stop_mode: term",
    );
  }
}

const NEW_ONLY = ["instance_type", "ami", "subnet_id", "root_volume_gib", "spot"] as const;
const INSTALLED_ONLY = ["init_script", "init_config", "role", "policy", "security_group", "vpc_id"] as const;

/** The kit creates nothing for an existing host and installs nothing on it. */
function checkExisting(merged: Merged): void {
  const { values, origins } = merged;
  const way = values.instance_id !== undefined ? "instance_id" : values.host_ip !== undefined ? "host_ip" : undefined;
  if (way !== undefined) {
    // From another layer, such as the user's file, these keys are habits. In the same layer, the user expects an
    // effect.
    const beside = [...NEW_ONLY, ...INSTALLED_ONLY].find(
      (key) => isGiven(merged, key) && values[key] !== false && origins[key].layer === origins[way].layer,
    );
    if (beside !== undefined) throw doesNothing(origins[beside].where, beside, `an existing host (${way})`);
  }
  if (values.hosts === undefined) return;
  const hosts = Object.entries(values.hosts);
  if (hosts.length === 0) throw noHosts(origins.hosts.where);
  const seen = new Map<string, string>();
  for (const [name, host] of hosts) {
    const at = `/hosts${pointerStep(name)}`;
    if (host.instance_id !== undefined && host.host_ip !== undefined) {
      const first = place(merged, `${at}/instance_id`);
      throw notTogether(
        place(merged, `${at}/host_ip`),
        path(`${at}/host_ip`),
        path(`${at}/instance_id`),
        first,
        "keep one of the two",
      );
    }
    const existing = host.instance_id ?? host.host_ip;
    if (existing === undefined) continue;
    const key = host.instance_id === undefined ? "host_ip" : "instance_id";
    const beside = NEW_ONLY.find((option) => host[option] !== undefined && host[option] !== false);
    if (beside !== undefined)
      throw doesNothing(place(merged, `${at}/${beside}`), path(`${at}/${beside}`), `an existing host (${key})`);
    const namesake = seen.get(existing);
    if (namesake !== undefined)
      throw sameHostTwice(place(merged, `${at}/${key}`), path(`${at}/${key}`), existing, namesake);
    seen.set(existing, path(`${at}/${key}`));
  }
}

const path = (pointer: string) => pointerPath(pointer);

function stopMode({ stop_mode }: ConfigFile): "term" | "stop" | "keep" | undefined {
  return stop_mode === undefined ? undefined : STOP_MODES[stop_mode];
}

function checkStopping(merged: Merged): void {
  const { values, origins } = merged;
  const mode = stopMode(values);
  const where = origins.stop_mode.where;
  if (mode === "keep" && values.autostop !== undefined && values.autostop !== false) {
    throw notTogether(
      origins.autostop.where,
      "autostop",
      "stop_mode: keep",
      where,
      "write stop_mode: stop or stop_mode: term, or take autostop out",
    );
  }
  if (mode !== "stop") return;
  const spot = spotPlace(merged);
  if (spot !== undefined) {
    throw notTogether(
      spot,
      "spot",
      "stop_mode: stop",
      where,
      "AWS does not stop spot instances such as these and start them again; write stop_mode: term, or spot: false",
    );
  }
}

/** The origin of the value that makes a new host a spot instance. */
function spotPlace(merged: Merged): string | undefined {
  const { hosts, spot = false } = merged.values;
  const isNew = (host: HostOverride) => host.instance_id === undefined && host.host_ip === undefined;
  for (const [name, host] of Object.entries(hosts ?? {})) {
    if (isNew(host) && host.spot !== undefined && host.spot !== false)
      return place(merged, `/hosts${pointerStep(name)}/spot`);
  }
  const inherits = hosts === undefined || Object.values(hosts).some((host) => isNew(host) && host.spot === undefined);
  return spot !== false && inherits ? merged.origins.spot.where : undefined;
}

const FIREWALL = [
  "allow_ports",
  "caller",
  "profile",
  "http_ports",
  "enable_public_ssh",
  "enable_public_http",
  "disable_public_ingress",
  "firewall",
  "ingress",
] as const satisfies readonly Key[];

/** The kit adds rules only to its own security group. */
function checkGroup(merged: Merged): void {
  const { origins, values } = merged;
  if (values.security_group === undefined) return;
  const own = origins.security_group;
  const beside = FIREWALL.find((key) => isGiven(merged, key) && origins[key].layer === own.layer);
  if (beside === undefined) return;
  const remedy =
    beside === "disable_public_ingress"
      ? "an existing group is left as it is; for private addresses write use_private_ip: true"
      : "an existing group is left as it is, so no rule is made; keep one of the two";
  throw notTogether(origins[beside].where, beside, "security_group", own.where, remedy);
}

/** An existing role stays unchanged. */
function checkRole(merged: Merged): void {
  const { origins, values } = merged;
  if (values.role === undefined) return;
  const remedy = "an existing role is left as it is: give it what it needs there, or leave role out";
  if (values.policy !== undefined)
    throw notTogether(origins.policy.where, "policy", "role", origins.role.where, remedy);
  if ((values.buckets ?? []).length > 0)
    throw notTogether(origins.buckets.where, "buckets", "role", origins.role.where, remedy);
}

function checkAccelerators(merged: Merged): void {
  for (const [name, accelerator] of Object.entries(merged.values.accelerators ?? {})) {
    const at = `/accelerators${pointerStep(name)}`;
    const given = (["builtin", "command", "filter"] as const).filter((key) => accelerator[key] !== undefined);
    if (given.length !== 1) throw oneExecutor(place(merged, at), path(at), given);
  }
}

/** Warnings, each with the place that it is about. */
export function warnHosts(merged: Merged): string[] {
  const { values, origins } = merged;
  const warnings: string[] = [];
  const say = (key: Key, text: string) => warnings.push(`${origins[key].where}: ${text}`);
  if (values.security_group !== undefined) {
    for (const key of FIREWALL.filter((key) => isGiven(merged, key))) {
      say(key, `${key} does nothing beside security_group, which is left as it is`);
    }
  }
  if (values.role !== undefined && values.autostop !== undefined && values.autostop !== false) {
    say("role", "autostop works only if this role may stop or terminate the host: see docs/tasks/stop-idle-hosts.md");
  }
  const existing = values.instance_id !== undefined || values.host_ip !== undefined;
  if (existing && values.autostop !== undefined && values.autostop !== false) {
    say("autostop", "autostop does nothing on an existing host: nothing is installed on it");
  }
  return warnings;
}
