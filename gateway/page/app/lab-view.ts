/** The user's machines and forwards: refreshed every few seconds, with dialogs to add and remove. */

import { type Api, Refused } from "../../../page/app/api.js";
import { find, keyed, setText } from "../../../page/app/dom.js";
import { keepLive } from "../../../page/app/live.js";
import { copy, say } from "../../../page/app/say.js";
import { addDialog } from "./add-dialog.js";
import type { Who } from "./documents.js";
import { newMachineView } from "./machine-view.js";
import { type ForwardItem, filterMachines, type MachineItem, summary } from "./model.js";
import { newOverview } from "./overview.js";
import { labReader } from "./read-lab.js";
import { removeDialog } from "./remove-dialog.js";

export interface LabEvents {
  onRefresh(): void;
  /** The gateway no longer accepts the token. */
  onRefused(reason: string): void;
}

/** @returns the way to end it. */
export function labView(api: Api, who: Who, { onRefresh, onRefused }: LabEvents): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  const section = find("lab", HTMLElement);
  const overview = newOverview();
  const lists = [
    { element: partOf("machines"), views: newViews(), holds: ({ forwards }: MachineItem) => forwards.length > 0 },
    { element: partOf("others"), views: newViews(), holds: ({ forwards }: MachineItem) => forwards.length === 0 },
  ];
  const filter = find("filter", HTMLInputElement);
  const add = find("add", HTMLButtonElement);
  const stale = find("stale", HTMLElement);
  const read = labReader(api);
  let machines: readonly MachineItem[] = [];

  const show = () => {
    const found = filterMachines(machines, filter.value);
    const shown = { now: Date.now(), who: who.name };
    const actions = { copy, remove: removing.open, open: (machine: MachineItem) => adding.open(machines, machine) };
    for (const { element, views, holds } of lists) {
      const items = found.filter(holds);
      keyed(
        element.list,
        views,
        items,
        ({ key }) => key,
        (machine) => newMachineView({ ...actions, api, mayChange }, machine),
      );
      for (const machine of items) views.get(machine.key)?.update(machine, shown);
      element.section.hidden = items.length === 0;
    }
    overview.update(machines, shown.now);
    setText(find("summary", HTMLElement), summary(machines));
    const empty = find("empty", HTMLElement);
    empty.hidden = found.length > 0;
    setText(
      empty,
      machines.length === 0 ? "No machines yet. Add a forward to reach one of the lab." : "Nothing matches the filter.",
    );
  };

  const live = keepLive(read, {
    show(found) {
      machines = found;
      setText(stale, "");
      show();
      section.hidden = false;
      onRefresh();
    },
    onStale(reason) {
      section.hidden = false;
      setText(stale, `This list may be out of date: ${reason}. Retrying.`);
    },
    onRefused,
  });

  const adding = addDialog(who, async (body, key) => {
    const made = (await api.post("/v1/forwards", body, key)) as { conn_port: number };
    await live.refresh();
    say(`Port ${made.conn_port} of the gateway leads to ${String(body.target_name)}.`);
    // After the dialog has given the focus back to the button that opened it.
    setTimeout(() => document.querySelector<HTMLElement>(`#forward-${made.conn_port} button`)?.focus());
  });
  const removing = removeDialog(async ({ connPort }: ForwardItem) => {
    await api.remove(`/v1/forwards/${connPort}`).catch((error: unknown) => {
      // It is gone already, which is what was wanted.
      if (!(error instanceof Refused && error.status === 404)) throw error;
    });
    await live.refresh();
    say(`Port ${connPort} is closed.`);
    setTimeout(() => find("lab-title", HTMLElement).focus());
  });

  const mayChange = who.scopes.includes("forward") || who.scopes.includes("admin");
  add.hidden = !mayChange;
  add.addEventListener("click", () => adding.open(machines), { signal });
  filter.addEventListener("input", show, { signal });

  return () => {
    ended.abort();
    live.end();
    adding.end();
    removing.end();
    for (const { element } of lists) element.list.replaceChildren();
    filter.value = "";
    section.hidden = true;
  };
}

const newViews = () => new Map<string, ReturnType<typeof newMachineView>>();

const partOf = (name: string) => ({
  section: find(`${name}-section`, HTMLElement),
  list: find(name, HTMLElement),
});
