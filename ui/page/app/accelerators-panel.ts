/** The accelerators of a host with their load, and its devices. */
import { make } from "../../../page/app/dom.js";
import { bytes } from "../../../page/app/format.js";
import type { AcceleratorsAnswer } from "../../documents.js";
import type { Api } from "./api.js";
import type { HostPanel } from "./host-panel.js";
import { nameElement } from "./name.js";

export function acceleratorsPanel(_api: Api, _host: string): HostPanel {
  const element = make("div", "accelerators");
  let shown = "";
  return {
    element,
    update(_host, report) {
      const text = JSON.stringify(report?.agent === "up" ? report.accelerators : report?.agent);
      if (text === shown) return;
      shown = text;
      if (report === undefined) element.replaceChildren(make("p", "soft", "Asking the host…"));
      else if (report.agent !== "up") element.replaceChildren(make("p", "soft", "The host does not answer."));
      else element.replaceChildren(...contentOf(report.accelerators));
    },
    end: () => undefined,
  };
}

function contentOf({ accelerators, devices, device_errors }: AcceleratorsAnswer): HTMLElement[] {
  const none = accelerators.length === 0 && devices.length === 0;
  const rows = accelerators.map(({ name, kind, running, concurrency, queued }) =>
    row(
      nameElement(name),
      kind,
      meter(running, concurrency, `${running} of ${concurrency} in use`),
      queued === 0 ? "" : `${queued} waiting`,
    ),
  );
  const found = devices.map(
    ({ id, name, kind, utilization_percent: used, memory_bytes: memory, memory_used_bytes: inUse, driver }) => {
      const load = used === undefined ? make("span") : meter(used, 100, `${Math.round(used)} % busy`);
      const filled = memory === undefined ? "" : `${inUse === undefined ? "" : `${bytes(inUse)} of `}${bytes(memory)}`;
      return row(
        nameElement(name),
        `${kind} ${id}`,
        load,
        [filled, driver === undefined ? "" : `driver ${driver}`].filter(Boolean).join(" · "),
      );
    },
  );
  return [
    ...(none
      ? [make("p", "soft", "This host has no accelerators. sallyport.yaml names them under “accelerators”.")]
      : []),
    ...(rows.length === 0 ? [] : [make("h3", "", "Accelerators"), make("ul", "loads", ...rows)]),
    ...(found.length === 0 ? [] : [make("h3", "", "Devices"), make("ul", "loads", ...found)]),
    ...device_errors.map(({ tool, detail }) => make("p", "error", `${tool} does not tell its devices: ${detail}`)),
  ];
}

function row(name: HTMLElement, about: string, load: HTMLElement, more: string): HTMLElement {
  return make(
    "li",
    "load",
    make("span", "load-name", name, make("span", "soft small", about)),
    load,
    make("span", "soft small", more),
  );
}

function meter(value: number, max: number, text: string): HTMLElement {
  const bar = make("progress");
  bar.max = Math.max(max, 1);
  bar.value = Math.min(value, bar.max);
  bar.setAttribute("aria-label", text);
  return make("span", "meter", bar, make("span", "small", text));
}
