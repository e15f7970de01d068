/** One host: its state and its facts, its buttons, and the panel that is open. */
import { button, make, setLabel, setText } from "../../../page/app/dom.js";
import { copy } from "../../../page/app/say.js";
import { newStateMark } from "../../../page/app/state-mark.js";
import type { AgentDocument, HostItem } from "../../documents.js";
import { acceleratorsPanel } from "./accelerators-panel.js";
import type { Api } from "./api.js";
import { connectPanel } from "./connect-panel.js";
import { filesPanel } from "./files/files-panel.js";
import type { HostPanel } from "./host-panel.js";
import { jobsPanel } from "./jobs/jobs-panel.js";
import { type Fact, hostFacts, stateWord, toneOf } from "./model.js";
import { nameElement } from "./name.js";
import { PANELS, type Panel, type Place } from "./place.js";

export interface CardActions {
  open(host: string, panel: Panel): void;
  stop(host: HostItem): void;
  start(host: HostItem): void;
}

export interface HostCard {
  readonly element: HTMLElement;
  update(host: HostItem, report: AgentDocument | undefined, shown: Shown): void;
  end(): void;
}

interface Shown {
  /** Whether an operation runs, so that none can begin. */
  readonly isBusy: boolean;
  /** Undefined while its panels are closed. */
  readonly place: Place | undefined;
}

const WORDS: Readonly<Record<Panel, string>> = {
  files: "Files",
  jobs: "Jobs",
  accelerators: "Accelerators",
  connect: "Connect",
};
const OPENERS: Readonly<Record<Panel, (api: Api, host: string) => HostPanel>> = {
  files: filesPanel,
  jobs: jobsPanel,
  accelerators: acceleratorsPanel,
  connect: connectPanel,
};

export function newHostCard(api: Api, actions: CardActions): HostCard {
  let host: HostItem | undefined;
  const title = make("h2");
  const mark = newStateMark();
  const type = make("span", "chip");
  const spot = make("span", "chip", "spot");
  const address = button("", "address mono", () => void copy({ text: host?.address ?? "", label: "the address" }));
  const stop = button("Stop", "plain", () => host !== undefined && actions.stop(host));
  const start = button("Start", "primary", () => host !== undefined && actions.start(host));
  const facts = make("dl", "facts");
  const error = make("p", "error");
  const tabs = new Map(
    PANELS.map((panel) => [
      panel,
      button(WORDS[panel], "tab", () => host !== undefined && actions.open(host.name, panel)),
    ]),
  );
  const place = make("div", "panel");
  const header = make("header", "", title, type, spot, address, mark.element, make("span", "actions", stop, start));
  const element = make("li", "card host", header, facts, error, make("div", "tabs", ...tabs.values()), place);
  let opened: { readonly panel: Panel; readonly view: HostPanel } | undefined;

  const openPanel = (shown: Place | undefined, of: HostItem) => {
    if (opened?.panel === shown?.panel) return;
    opened?.view.end();
    opened = shown === undefined ? undefined : { panel: shown.panel, view: OPENERS[shown.panel](api, of.name) };
    place.replaceChildren(...(opened === undefined ? [] : [opened.view.element]));
  };

  return {
    element,
    update(next, report, shown) {
      host = next;
      element.id = `host-${next.name}`;
      if (title.firstChild === null) title.append(nameElement(next.name));
      mark.update({ tone: toneOf(next, report), word: stateWord(next, report), title: next.instance_id });
      setText(type, next.instance_type);
      type.hidden = next.instance_type === "";
      spot.hidden = !next.spot;
      setText(address, next.address);
      address.hidden = next.address === "";
      setLabel(address, `Copy the address ${next.address} of ${next.name}`);
      stop.hidden = next.ends.length === 0 || next.state !== "running";
      start.hidden = !next.can_start;
      for (const each of [stop, start]) {
        each.disabled = shown.isBusy;
        setLabel(each, `${each.textContent} ${next.name}`);
      }
      showFacts(facts, hostFacts(next, report));
      const down = report?.agent === "down" ? [report.error.message, report.error.hint] : [];
      setText(error, down.filter(Boolean).join("\n"));
      for (const [panel, tab] of tabs) {
        tab.hidden = !next.has_agent && panel !== "connect";
        tab.setAttribute("aria-expanded", String(shown.place?.panel === panel));
        setLabel(tab, `${WORDS[panel]} of ${next.name}`);
      }
      openPanel(shown.place, next);
      if (shown.place !== undefined) opened?.view.update(next, report, shown.place);
    },
    end: () => opened?.view.end(),
  };
}

/** Rebuilt only if something differs, so that a selection stays. */
function showFacts(list: HTMLElement, facts: readonly Fact[]): void {
  const text = JSON.stringify(facts);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(
    ...facts.map(({ label, value, title }) => {
      const more = title === undefined ? [] : [make("span", "soft small", title)];
      return make("div", "", make("dt", "", label), make("dd", "", make("span", "", value), ...more));
    }),
  );
}
