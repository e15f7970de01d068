/** A machine's past: traffic, when it was alive, what happened, and who used it. Read while it is open. */
import type { Static } from "@sinclair/typebox";
import { type Api, Refused } from "../../../page/app/api.js";
import { barsOf, RANGES, type Range } from "../../../page/app/chart.js";
import { newChart } from "../../../page/app/chart-view.js";
import { make, setText } from "../../../page/app/dom.js";
import { clock } from "../../../page/app/format.js";
import { newRangeChoice } from "../../../page/app/range-choice.js";
import { newTable } from "../../../page/app/table.js";
import type { MachineHistory, UsageReport } from "../../api/schemas.js";
import { newAliveStrip } from "./alive-strip.js";
import { happenings, trafficByPort, userRows } from "./machine-past.js";

/** How far back events and users go. */
const PAST = "30d";
const MAX_EVENTS = 30;
const USER_COLUMNS = [
  { title: "User" },
  { title: "Forwards now", isNumber: true },
  { title: "Traffic", isNumber: true },
  { title: "Connections", isNumber: true },
  { title: "Last used" },
];

interface Read {
  readonly past: Static<typeof MachineHistory>;
  readonly usage: Static<typeof UsageReport>;
}

export function newMachineDetails(api: Pick<Api, "get">, addr: string) {
  let range: Range = RANGES[1];
  let read: Read | undefined;
  const chart = newChart("Traffic");
  const strip = newAliveStrip();
  const events = make("ol", "events");
  const earlier = make("p", "soft small");
  const users = newTable("Who used it in the last 30 days");
  const noUsers = make("p", "soft", "No forward has led here in the last 30 days.");
  const problem = make("p", "error");
  problem.setAttribute("role", "status");
  const choice = newRangeChoice((chosen) => {
    range = chosen;
    show();
  });
  const element = make(
    "div",
    "details",
    choice.element,
    problem,
    chart.element,
    strip.element,
    make(
      "div",
      "columns",
      make("section", "", make("h4", "", "What happened"), events, earlier),
      make("section", "", make("h4", "", "Who used it"), users.element, noUsers),
    ),
  );
  element.hidden = true;

  const show = () => {
    if (read === undefined) return;
    const { past, usage } = read;
    const now = Date.now();
    const bars = barsOf(trafficByPort(usage, past.events), range, now);
    chart.update(bars);
    strip.update(past.history, past.machines[0]?.routable ?? null, { start: bars.start, end: now }, range.last);
    const all = happenings(past);
    events.replaceChildren(
      ...all.slice(0, MAX_EVENTS).map(({ at, kind, text }) => {
        const time = make("time", "soft", clock(at, now));
        time.dateTime = new Date(at).toISOString();
        return make("li", kind, time, make("span", "", text));
      }),
    );
    setText(earlier, all.length > MAX_EVENTS ? `and ${all.length - MAX_EVENTS} more in the last 30 days` : "");
    if (all.length === 0) setText(earlier, "Nothing in the last 30 days.");
    users.element.hidden = past.users.length === 0;
    noUsers.hidden = past.users.length > 0;
    users.update(USER_COLUMNS, userRows(past.users, now));
  };

  return {
    element,
    /** Reads and shows it. A refusal is shown; the next refresh tries again. */
    async refresh(): Promise<void> {
      const place = encodeURIComponent(addr);
      try {
        const [past, usage] = await Promise.all([
          api.get(`/v1/machines/${place}?since=${PAST}`),
          api.get(`/v1/usage?since=7d&target_addr=${place}`),
        ]);
        read = { past: past as Read["past"], usage: usage as Read["usage"] };
        setText(problem, "");
        show();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        setText(problem, error.message);
      }
    },
  };
}
