/** What the page says about hosts, in words. Pure. */
import { spanText } from "../../../base/text/span.js";
import type { AgentDocument, HostItem } from "../../documents.js";

/** As in page/app/state-mark.ts, which needs a document. */
type Tone = "good" | "bad" | "unknown";

export interface Fact {
  readonly label: string;
  readonly value: string;
  /** More of it, for the pointer and for screen readers. */
  readonly title?: string;
}

/** Running with an agent that does not answer is not good. */
export function toneOf({ state, has_agent }: HostItem, report: AgentDocument | undefined): Tone {
  if (state === "running") return has_agent && report?.agent === "down" ? "bad" : "good";
  if (state === "unknown") return report?.agent === "up" ? "good" : report?.agent === "down" ? "bad" : "unknown";
  return state === "gone" || state === "terminated" ? "bad" : "unknown";
}

export function stateWord(host: HostItem, report: AgentDocument | undefined): string {
  if (host.state === "unknown") return report?.agent === "up" ? "answers" : "state unknown";
  if (host.state === "running" && host.has_agent && report?.agent === "down") return "running, does not answer";
  return host.state;
}

export function hostFacts(host: HostItem, report: AgentDocument | undefined): Fact[] {
  const isUp = host.state === "running" || (host.state === "unknown" && host.has_agent);
  const facts: Fact[] = [];
  if (host.up_seconds !== undefined) facts.push({ label: "Up", value: spanText(host.up_seconds) });
  if (isUp && host.has_agent) facts.push(idleFact(report));
  facts.push(...costFacts(host));
  if (report?.agent === "up") facts.push(...loadFacts(report));
  return facts;
}

function idleFact(report: AgentDocument | undefined): Fact {
  if (report === undefined) return { label: "Idle", value: "…" };
  if (report.agent !== "up") return { label: "Idle", value: "not known" };
  const { idle_seconds, busy, autostop } = report.idle;
  const counts = [
    counted(busy.jobs, "job"),
    counted(busy.transfers, "transfer"),
    busy.logins === null ? "logins unknown" : counted(busy.logins, "login"),
  ].filter(Boolean);
  const value = counts.length === 0 ? spanText(idle_seconds) : `busy: ${counts.join(", ")}`;
  if (autostop === undefined) return { label: "Idle", value, title: "no autostop" };
  const verb = autostop.action === "stop" ? "stops" : "terminates";
  const title = autostop.ending ? `${verb} itself now` : `${verb} itself in ${spanText(autostop.stops_in_seconds)}`;
  return { label: "Idle", value, title: autostop.error === undefined ? title : `autostop failed: ${autostop.error}` };
}

function costFacts({ state, price, cost_usd, kind }: HostItem): Fact[] {
  if (state === "stopped") return [{ label: "Cost per hour", value: "its disk only" }];
  if (state !== "running") return [];
  if (price === undefined) {
    return kind === "address"
      ? []
      : [{ label: "Cost per hour", value: "not known", title: "give it with --price TYPE=USD" }];
  }
  const rate = {
    label: "Cost per hour",
    value: usd(price.usd_per_hour),
    title: price.source === "given" ? "as given" : price.source,
  };
  return cost_usd === undefined
    ? [rate]
    : [rate, { label: "Cost so far", value: usd(cost_usd), title: "since it was started" }];
}

/** Jobs that run and wait, and how busy the devices are. */
function loadFacts({ accelerators: { accelerators, devices } }: Extract<AgentDocument, { agent: "up" }>): Fact[] {
  if (accelerators.length === 0 && devices.length === 0) return [];
  const running = accelerators.reduce((sum, each) => sum + each.running, 0);
  const queued = accelerators.reduce((sum, each) => sum + each.queued, 0);
  const used = devices.flatMap(({ utilization_percent }) =>
    utilization_percent === undefined ? [] : [utilization_percent],
  );
  const busiest =
    used.length === 0
      ? ""
      : `${counted(used.length, "device")}, ${used.length === 1 ? "" : "up to "}${Math.round(Math.max(...used))} % busy`;
  const jobs =
    running + queued === 0
      ? ""
      : [counted(running, "job"), queued === 0 ? "" : `${queued} waiting`].filter(Boolean).join(", ");
  const value = jobs || "nothing runs";
  return [{ label: "In use", value, ...(busiest === "" ? {} : { title: busiest }) }];
}

/** What starting a host costs, before it does. */
export function startText({ name, instance_type, price }: HostItem): string {
  if (price === undefined)
    return `${name} (${instance_type}) costs money again while it runs, at a price that is not known here.`;
  const { usd_per_hour, source } = price;
  return `${name} (${instance_type}) costs ${usd(usd_per_hour)} an hour while it runs, ${usd(usd_per_hour * 24)} a day (${source === "given" ? "as given" : source}).`;
}

export interface Totals {
  /** "2 running, 1 stopped" */
  readonly states: string;
  /** Per hour now, and since each was started; undefined where no price is known. */
  readonly hourly?: string;
  readonly soFar?: string;
  /** Hosts that run at an unknown price. */
  readonly unpriced: number;
}

export function totalsOf(hosts: readonly HostItem[]): Totals {
  const counts = new Map<string, number>();
  for (const { state } of hosts) counts.set(state, (counts.get(state) ?? 0) + 1);
  const states = [...counts]
    .map(([state, count]) => `${count} ${state === "unknown" ? "of unknown state" : state}`)
    .join(", ");
  const running = hosts.filter(({ state, kind }) => state === "running" && kind !== "address");
  const priced = running.flatMap(({ price, cost_usd = 0 }) => (price === undefined ? [] : [{ ...price, cost_usd }]));
  const unpriced = running.length - priced.length;
  if (priced.length === 0) return { states, unpriced };
  const sum = (of: (each: (typeof priced)[number]) => number) =>
    usd(priced.reduce((total, each) => total + of(each), 0));
  return { states, unpriced, hourly: sum(({ usd_per_hour }) => usd_per_hour), soFar: sum(({ cost_usd }) => cost_usd) };
}

/** "$1.98"; fractions of a cent where there is no more. */
function usd(value: number): string {
  if (value === 0 || value >= 0.1) return `$${value.toFixed(2)}`;
  return `$${Number(value.toPrecision(2))}`;
}

function counted(number: number, thing: string): string {
  return number === 0 ? "" : `${number} ${thing}${number === 1 ? "" : "s"}`;
}
