/** How hosts are, for people. Pure. */
import type { IdleInfo } from "../../client/agent/answers.js";
import type { HostStatus } from "./host-status.js";

export function statusText(hosts: readonly HostStatus[]): string {
  return hosts.map(hostText).join("\n");
}

function hostText(host: HostStatus): string {
  const kind = [host.instance_type, host.spot ? "spot" : "", host.kind === "new" ? "" : "not made by sallyport"];
  const about = kind.filter(Boolean).join(", ");
  const up = host.up_seconds === undefined ? "" : ` for ${spanText(host.up_seconds)}`;
  const lines = [`${host.name}  ${host.state}${up}${about === "" ? "" : ` (${about})`}`];
  if (host.instance_id) lines.push(`  instance     ${host.instance_id}`);
  if (host.agent === "down") lines.push(`  agent        does not answer: ${host.agent_error}`);
  if (host.idle !== undefined) lines.push(`  agent        ${idleText(host.idle)}`, ...autostopLine(host.idle));
  const cost = costText(host);
  if (cost !== undefined) lines.push(`  cost         ${cost}`);
  return lines.join("\n");
}

function idleText({ idle_seconds, busy }: IdleInfo): string {
  const counts = [
    counted(busy.jobs, "job"),
    counted(busy.transfers, "transfer"),
    busy.logins === null ? "logins unknown" : counted(busy.logins, "login"),
  ].filter(Boolean);
  return counts.length === 0 ? `up, idle for ${spanText(idle_seconds)}` : `up, busy: ${counts.join(", ")}`;
}

function autostopLine({ autostop }: IdleInfo): string[] {
  if (autostop === undefined) return [];
  const verb = autostop.action === "stop" ? "stops" : "terminates";
  const failed = autostop.error === undefined ? [] : [`  autostop     failed: ${autostop.error}`];
  const next = autostop.ending
    ? `${verb} itself now`
    : `${verb} itself in ${spanText(autostop.stops_in_seconds)}, if nothing happens until then`;
  return [...failed, `  autostop     ${next}`];
}

function costText({ state, price, cost_usd, instance_type, spot }: HostStatus): string | undefined {
  if (state === "stopped") return "its disk only";
  if (state !== "running") return undefined;
  if (price !== undefined && cost_usd !== undefined) {
    const source = price.source === "given" ? "" : `, the ${price.source}`;
    return `$${cost_usd.toFixed(2)} since it was started, at $${price.usd_per_hour} an hour${source}; disk and traffic not counted`;
  }
  if (spot) return "price unknown: EC2 does not tell the spot price";
  return `price unknown: give --price ${instance_type}=USD, or set SALLYPORT_PRICES`;
}

/** `45 s`, `12 min`, `2 h 10 min`, `3 d 4 h`. */
export function spanText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const rest = hours % 24;
  return `${Math.floor(hours / 24)} d${rest === 0 ? "" : ` ${rest} h`}`;
}

function counted(number: number, thing: string): string {
  return number === 0 ? "" : `${number} ${thing}${number === 1 ? "" : "s"}`;
}
