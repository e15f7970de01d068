/** The traffic of all shown machines in the last hour. */
import { barsOf, RANGES } from "../../../page/app/chart.js";
import { newChart } from "../../../page/app/chart-view.js";
import { find } from "../../../page/app/dom.js";
import type { MachineItem } from "./model.js";

export function newOverview() {
  const place = find("overview", HTMLElement);
  const chart = newChart("Traffic by machine");
  place.replaceChildren(chart.element);
  return {
    update(machines: readonly MachineItem[], now: number) {
      const samples = machines.flatMap(({ name, forwards }) =>
        forwards.flatMap(({ minutes }) => minutes.map(({ minute, bytes }) => ({ at: minute, series: name, bytes }))),
      );
      place.hidden = samples.length === 0;
      chart.update(barsOf(samples, RANGES[0], now));
    },
  };
}
