/** What a machine's past says, from the API's document. Pure. */
import type { Static } from "@sinclair/typebox";
import type { Sample } from "../../../page/app/chart.js";
import { ago, bytes, span } from "../../../page/app/format.js";
import type { MachineHistory, UsageReport } from "../../api/schemas.js";

type Past = Static<typeof MachineHistory>;
type Event = Past["events"][number];

export interface Happening {
  readonly at: number;
  readonly kind: "up" | "down" | "opened" | "ended";
  readonly text: string;
}

/** Newest first. */
export function happenings({ history, events }: Pick<Past, "history" | "events">): Happening[] {
  const states = history.map(({ at, routable }) => ({
    at: Date.parse(at),
    kind: routable ? ("up" as const) : ("down" as const),
    text: routable ? "The machine answered." : "The machine stopped answering.",
  }));
  const forwards = events.map((event) => ({
    at: Date.parse(event.at),
    kind: event.event === "opened" ? ("opened" as const) : ("ended" as const),
    text: eventText(event),
  }));
  return [...states, ...forwards].sort((a, b) => b.at - a.at);
}

function eventText({ event, by, owner, conn_port, target_port, protocol }: Event): string {
  const way = `port ${conn_port} → ${target_port} ${protocol}`;
  const whose = by === undefined || by === owner ? "" : event === "opened" ? ` for ${owner}` : ` of ${owner}`;
  if (event === "expired") return `The time of ${way} of ${owner} was over.`;
  return `${by ?? "The gateway"} ${event} ${way}${by === undefined ? ` of ${owner}` : whose}.`;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly state: "up" | "down" | "unknown";
}

/** The states of a machine from `start` to `end`, without gaps. @param known its state now. */
export function stretches(
  history: Past["history"],
  known: boolean | null,
  { start, end }: { readonly start: number; readonly end: number },
): Stretch[] {
  const word = (routable: boolean | null | undefined) => (routable == null ? "unknown" : routable ? "up" : "down");
  const changes = history.map(({ at, routable }) => ({ at: Date.parse(at), routable }));
  const before = changes.findLast(({ at }) => at <= start);
  const within = changes.filter(({ at }) => at > start && at < end);
  // Without any change that is kept, the state now has held for as long as is known.
  const first = before?.routable ?? (changes.length === 0 ? known : null);
  const all: Stretch[] = [{ from: start, to: end, state: word(first) }];
  for (const { at, routable } of within) {
    const last = all.pop();
    if (last === undefined || last.state === word(routable)) all.push(...(last === undefined ? [] : [last]));
    else all.push({ ...last, to: at }, { from: at, to: end, state: word(routable) });
  }
  return all;
}

/** "alive 98 % of the time, not alive for 12 minutes" */
export function stretchText(all: readonly Stretch[]): string {
  const sum = (state: Stretch["state"]) =>
    all.reduce((total, { from, to, state: each }) => total + (each === state ? to - from : 0), 0);
  const [up, down] = [sum("up"), sum("down")];
  if (up + down === 0) return "not known";
  const share = Math.floor((up / (up + down)) * 100);
  const rest = sum("unknown") === 0 ? "" : `, not known for ${span(sum("unknown"))}`;
  return `alive ${share} % of the time${down === 0 ? "" : `, not alive for ${span(down)}`}${rest}`;
}

/** Rows of the table of users: who used most comes first. */
export function userRows(users: Past["users"], now: number): string[][] {
  return users
    .toSorted((a, b) => b.bytes - a.bytes || b.forwards - a.forwards)
    .map(({ user, forwards, bytes: count, connections, last_used }) => [
      user,
      String(forwards),
      bytes(count),
      String(connections),
      last_used === undefined ? "–" : ago(Date.parse(last_used), now),
    ]);
}

/** The traffic of a machine by its ports, also of forwards that ended. */
export function trafficByPort({ samples }: Static<typeof UsageReport>, events: readonly Event[]): Sample[] {
  const ports = new Map(events.map((event) => [event.forward_id, `port ${event.target_port} ${event.protocol}`]));
  return samples.map(({ forward_id, minute, bytes: count, conn_port }) => ({
    at: Date.parse(minute),
    series: ports.get(forward_id) ?? `forward ${conn_port}`,
    bytes: count,
  }));
}
