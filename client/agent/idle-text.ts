/** How busy an agent is, and when its host stops itself, as labelled lines for people. */
import { spanText } from "../../base/text/span.js";
import type { IdleInfo } from "./answers.js";

export function idleLines({ idle_seconds, busy, autostop }: IdleInfo): string[] {
  const counts = [
    counted(busy.jobs, "job"),
    counted(busy.transfers, "transfer"),
    busy.logins === null ? "logins unknown" : counted(busy.logins, "login"),
  ].filter(Boolean);
  const state = counts.length === 0 ? `up, idle for ${spanText(idle_seconds)}` : `up, busy: ${counts.join(", ")}`;
  return [`agent        ${state}`, ...(autostop === undefined ? [] : autostopLines(autostop))];
}

function autostopLines({ action, error, ending, stops_in_seconds }: NonNullable<IdleInfo["autostop"]>): string[] {
  const verb = action === "stop" ? "stops" : "terminates";
  const failed = error === undefined ? [] : [`autostop     failed: ${error}`];
  const next = ending
    ? `${verb} itself now`
    : `${verb} itself in ${spanText(stops_in_seconds)}, if nothing happens until then`;
  return [...failed, `autostop     ${next}`];
}

function counted(number: number, thing: string): string {
  return number === 0 ? "" : `${number} ${thing}${number === 1 ? "" : "s"}`;
}
